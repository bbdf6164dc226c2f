import { setTimeout as sleep } from 'node:timers/promises';
import sdk from 'azure-iot-device';
import pLimit from 'p-limit';
import { createSeededRandom, type SeededRandom } from '../seeded-random.js';
import { createDeviceConnection, type DeviceConnection } from './device-connection.js';
import { FleetError, type FleetErrorCode } from './fleet-error.js';
import { reading } from './readings.js';
import type { FleetIdentity } from './simulated-device.js';
import { untilAborted } from './until-aborted.js';
import { createTelemetryLedger, type FleetTelemetryLedger, type NumberedMessage } from './telemetry-ledger.js';

export interface TelemetryFleetOptions {
  /** The hub, by its real name: the process must have the host map and trust the laboratory. */
  hostName: string;
  /** Devices; a module sends nothing of its own here. */
  identities: readonly FleetIdentity[];
  /** Between two messages of one device, half to one and a half of it. */
  intervalInMs: number;
  /** Default 1: the same seed gives the same readings and intervals. */
  seed?: number;
  /** For each attempt of a device to connect or to send. Default 5000; shorter where a failover is played fast. */
  timeoutInMs?: number;
  /** The longest pause of a device that can't connect. Default 1000. */
  maxPauseInMs?: number;
  /** How many devices connect at a time. Default 20. */
  connectConcurrency?: number;
  /** Each message before its first attempt, as it has to arrive. */
  onMessage?: (message: NumberedMessage, sent: SentTelemetry) => void;
  /** Each failure as it happens; they are counted anyway, and the device goes on. */
  onFailure?: (error: FleetError) => void;
}

/** One message as a device hands it to its SDK. */
interface SentTelemetry {
  body: Buffer;
  properties: Readonly<Record<string, string>>;
  messageId: string;
  contentType: string;
  contentEncoding: string;
}

/**
 * Devices that number their telemetry (`{deviceId, sequence, ...}`, and `{deviceId}-{sequence}` as message id) and send each message until the hub
 * has acknowledged it, in order, over as many connections as it takes: nothing is ever given up.
 */
export interface TelemetryFleet extends AsyncDisposable {
  readonly ledger: FleetTelemetryLedger;
  /** Devices with a connection now. */
  readonly connected: number;
  failures(): Partial<Record<FleetErrorCode, number>>;
  /** Resolves when all are connected for the first time and send. */
  start(): Promise<void>;
  /** No new messages; resolves when what was begun is acknowledged. Rejects when the signal aborts before. */
  finish(signal?: AbortSignal): Promise<void>;
  /** Ends at once; what is not acknowledged stays open in the ledger. */
  close(): Promise<void>;
}

const { Message } = sdk;

const sentOf = (message: NumberedMessage, random: SeededRandom): SentTelemetry => ({
  body: Buffer.from(JSON.stringify({ ...message, ...reading(random, message.sequence) })),
  properties: { 'fleet-sequence': String(message.sequence), größe: `${message.sequence % 7} ½` },
  messageId: `${message.deviceId}-${message.sequence}`,
  contentType: 'application/json',
  contentEncoding: 'utf-8',
});

const messageOf = ({ body, properties, ...system }: SentTelemetry): InstanceType<typeof Message> => {
  const telemetry = new Message(body);
  for (const [name, value] of Object.entries(properties)) telemetry.properties.add(name, value);
  return Object.assign(telemetry, system);
};

export const createTelemetryFleet = (options: TelemetryFleetOptions): TelemetryFleet => {
  const { hostName, identities, intervalInMs, seed = 1, connectConcurrency = 20 } = options;
  const { timeoutInMs = 5_000, maxPauseInMs = 1_000 } = options;
  const ledger = createTelemetryLedger();
  const failures: Partial<Record<FleetErrorCode, number>> = {};
  const onFailure = (error: FleetError): void => {
    failures[error.code] = (failures[error.code] ?? 0) + 1;
    options.onFailure?.(error);
  };
  const seeds = createSeededRandom(seed);
  const limit = pLimit(connectConcurrency);
  const [finishing, closing] = [new AbortController(), new AbortController()];
  const devices = identities.map((identity) => {
    const random = createSeededRandom(seeds.integer(2 ** 32));
    const connection = createDeviceConnection({ hostName, identity, random, timeoutInMs, maxPauseInMs, onFailure });
    return { deviceId: identity.deviceId, random, connection };
  });
  let running: Promise<void>[] = [];

  const connect = (connection: DeviceConnection): Promise<void> =>
    connection.isConnected ? Promise.resolve() : limit(() => connection.connect(closing.signal));

  const sendUntilAccepted = async (
    message: NumberedMessage,
    { connection, random }: (typeof devices)[number],
  ): Promise<void> => {
    const sent = sentOf(message, random);
    const telemetry = messageOf(sent);
    options.onMessage?.(message, sent);
    ledger.begin(message);
    for (let isAccepted = false; !isAccepted;) {
      await connect(connection);
      ledger.attempt(message);
      try {
        await connection.send(telemetry, closing.signal);
        isAccepted = true;
      } catch (error) {
        if (!(error instanceof FleetError)) throw error;
        onFailure(error);
      }
    }
    ledger.accepted(message);
  };

  const live = async (device: (typeof devices)[number]): Promise<void> => {
    const { deviceId, random } = device;
    const pause = (): Promise<boolean> =>
      sleep(intervalInMs * (0.5 + random.next()), true, {
        signal: AbortSignal.any([finishing.signal, closing.signal]),
      }).catch(() => false);
    for (let sequence = 1; await pause(); sequence += 1) await sendUntilAccepted({ deviceId, sequence }, device);
  };
  /** An end that was asked for is no failure. */
  const untilClosed = (work: Promise<void>): Promise<void> =>
    work.catch((error: unknown) => {
      if (!closing.signal.aborted) throw error;
    });

  const close = async (): Promise<void> => {
    closing.abort();
    await Promise.all(running);
    await Promise.all(devices.map(({ connection }) => connection.close()));
  };

  return {
    ledger,
    get connected() {
      return devices.filter(({ connection }) => connection.isConnected).length;
    },
    failures: () => ({ ...failures }),
    start: async () => {
      const connecting = devices.map(({ connection }) => connect(connection));
      running = connecting.map(untilClosed);
      await Promise.all(connecting);
      running = devices.map((device) => untilClosed(live(device)));
    },
    finish: async (signal) => {
      finishing.abort();
      await untilAborted(Promise.all(running), signal);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
};
