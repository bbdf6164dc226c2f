import { setTimeout as sleep } from 'node:timers/promises';
import sdk, { type Client, type Message } from 'azure-iot-device';
import { Mqtt } from 'azure-iot-device-mqtt';
import type { SeededRandom } from '../seeded-random.js';
import { FleetError, withDeadline } from './fleet-error.js';
import type { FleetIdentity } from './simulated-device.js';
import { untilAborted } from './until-aborted.js';

export interface DeviceConnectionOptions {
  hostName: string;
  identity: FleetIdentity;
  random: SeededRandom;
  /** For each attempt to connect or to send. */
  timeoutInMs: number;
  /** The longest pause between two attempts to connect. */
  maxPauseInMs: number;
  onFailure: (error: FleetError) => void;
}

/** A device that stays connected by itself: whatever fails ends its client, and a new one takes over. */
export interface DeviceConnection {
  readonly isConnected: boolean;
  /** Resolves when connected; rejects only when the signal aborts. */
  connect(signal: AbortSignal): Promise<void>;
  /** One attempt. Rejects with FleetError when the hub did not acknowledge it (the connection is gone then), or when the signal aborts. */
  send(message: Message, signal: AbortSignal): Promise<void>;
  /** Resolves when no client is left. */
  close(): Promise<void>;
}

const firstPauseInMs = 50;
const closeTimeoutInMs = 2_000;
/** The SDK's own retries go on for four minutes, without a setting, and do not notice that the hub is back. */
const noRetry = { shouldRetry: () => false, nextRetryTimeout: () => -1 };

export const createDeviceConnection = (options: DeviceConnectionOptions): DeviceConnection => {
  const { hostName, identity, random, timeoutInMs, maxPauseInMs, onFailure } = options;
  const { deviceId, primaryKey } = identity;
  const leaving = new Map<Client, Promise<void>>();
  let current: Client | undefined;

  const failure = (code: FleetError['code'], cause: unknown): FleetError =>
    cause instanceof FleetError ? cause : new FleetError(code, `${deviceId}: ${code}`, { cause });

  /** Closing may take as long as what the client still waits for: nobody waits for it, but `close` does. */
  const discard = (client: Client): void => {
    if (current === client) current = undefined;
    if (leaving.has(client)) return;
    client.removeAllListeners();
    // Or a late error of a client that is given up would end the process.
    client.on('error', (error: Error) => onFailure(failure('disconnected', error)));
    const closed = withDeadline(Promise.resolve(client.close()), closeTimeoutInMs, 'closeTimeout', deviceId).then(
      () => undefined,
      (error: unknown) => onFailure(failure('closeTimeout', error)),
    );
    leaving.set(client, closed);
    void closed.then(() => leaving.delete(client));
  };

  const open = async (signal: AbortSignal): Promise<Client> => {
    const client = sdk.Client.fromConnectionString(
      `HostName=${hostName};DeviceId=${deviceId};SharedAccessKey=${primaryKey}`,
      Mqtt,
    );
    client.setRetryPolicy(noRetry);
    client.on('disconnect', () => {
      onFailure(new FleetError('disconnected', `${deviceId}: the connection is gone`));
      discard(client);
    });
    try {
      await untilAborted(withDeadline(client.open(), timeoutInMs, 'connectFailed', deviceId), signal);
      return client;
    } catch (error) {
      discard(client);
      throw failure('connectFailed', error);
    }
  };

  return {
    get isConnected() {
      return current !== undefined;
    },
    connect: async (signal) => {
      for (let pauseInMs = firstPauseInMs; current === undefined; pauseInMs = Math.min(pauseInMs * 2, maxPauseInMs)) {
        signal.throwIfAborted();
        try {
          current = await open(signal);
        } catch (error) {
          signal.throwIfAborted();
          onFailure(failure('connectFailed', error));
          // Half to one and a half, or a fleet that was cut at once would come back at once.
          await sleep(pauseInMs * (0.5 + random.next()), undefined, { signal });
        }
      }
    },
    send: async (message, signal) => {
      const client = current;
      if (client === undefined) throw new FleetError('disconnected', `${deviceId}: not connected`);
      try {
        await untilAborted(withDeadline(client.sendEvent(message), timeoutInMs, 'sendFailed', deviceId), signal);
      } catch (error) {
        discard(client);
        signal.throwIfAborted();
        throw failure('sendFailed', error);
      }
    },
    close: async () => {
      if (current !== undefined) discard(current);
      await Promise.all(leaving.values());
    },
  };
};
