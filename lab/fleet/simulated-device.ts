import sdk, { type Client, type ModuleClient, type Twin } from 'azure-iot-device';
import { Mqtt } from 'azure-iot-device-mqtt';
import type { IdentityKey, JsonObject } from '../contracts.js';
import { FleetError, withDeadline } from './fleet-error.js';

export interface FleetIdentity extends IdentityKey {
  /** Base64. */
  primaryKey: string;
}

export interface SimulatedDeviceOptions {
  hostName: string;
  identity: FleetIdentity;
  /** For each request; default 10000. */
  timeoutInMs?: number;
  onDesired: (patch: JsonObject) => void;
  /** The SDK gave the connection up (it comes back from a mere drop by itself). */
  onDisconnected: (error: FleetError) => void;
}

/** A device or module as its firmware would be: the real device SDK over MQTT. Errors are FleetErrors. */
export interface SimulatedDevice {
  readonly key: IdentityKey;
  open(): Promise<void>;
  /** Resolves when the hub has acknowledged it. */
  send(body: JsonObject): Promise<void>;
  /** Resolves when the hub has applied it. */
  report(patch: JsonObject): Promise<void>;
  /** Does not reject: a connection that the SDK keeps goes to `onDisconnected` as `closeTimeout`. */
  close(): Promise<void>;
}

const CLOSE_TIMEOUT_IN_MS = 5_000;
const noRetry = { shouldRetry: () => false, nextRetryTimeout: () => -1 };
// Node finds but one of this CommonJS package's names, so they are taken from its default export.
const { Message } = sdk;
type Reported = { update(patch: JsonObject, done: (error?: Error) => void): void };

export function createSimulatedDevice(options: SimulatedDeviceOptions): SimulatedDevice {
  const { identity, timeoutInMs = 10_000 } = options;
  const { deviceId, moduleId } = identity;
  const name = moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`;
  const client = clientOf(options.hostName, identity);
  let twin: Twin | undefined;
  let closed = false;

  client.on('disconnect', (error?: Error) => {
    if (closed) return;
    options.onDisconnected(new FleetError('disconnected', `${name}: the SDK gave up its connection`, { cause: error }));
  });

  const open = async (): Promise<void> => {
    try {
      await withDeadline(client.open(), timeoutInMs, 'connectFailed', name);
    } catch (error) {
      throw asFleetError('connectFailed', name, error);
    }
    // A second try after a half-finished one must not listen twice.
    if (twin !== undefined) return;
    const found = await withDeadline(client.getTwin(), timeoutInMs, 'twinTimeout', name);
    // The SDK calls back at once with the twin as it is, later with each patch.
    let first = true;
    found.on('properties.desired', (patch: JsonObject) => {
      if (!first) options.onDesired(patch);
      first = false;
    });
    twin = found;
  };

  const report = async (patch: JsonObject): Promise<void> => {
    const reported = twin?.properties.reported as Reported | undefined;
    if (reported === undefined) throw new FleetError('reportFailed', `${name}: not open`);
    const updated = new Promise<void>((resolve, reject) => {
      reported.update(patch, (error) => (error ? reject(asFleetError('reportFailed', name, error)) : resolve()));
    });
    return withDeadline(updated, timeoutInMs, 'twinTimeout', name);
  };

  const send = async (body: JsonObject): Promise<void> => {
    const message = new Message(JSON.stringify(body));
    message.contentType = 'application/json';
    message.contentEncoding = 'utf-8';
    try {
      await withDeadline(client.sendEvent(message), timeoutInMs, 'sendFailed', name);
    } catch (error) {
      throw asFleetError('sendFailed', name, error);
    }
  };

  const close = async (): Promise<void> => {
    closed = true;
    // Or an operation that is being retried would hold the connection for up to four minutes.
    client.setRetryPolicy(noRetry);
    try {
      await withDeadline(client.close(), CLOSE_TIMEOUT_IN_MS, 'closeTimeout', name);
    } catch (error) {
      options.onDisconnected(asFleetError('closeTimeout', name, error));
    }
  };

  const key = moduleId === undefined ? { deviceId } : { deviceId, moduleId };
  return { key, open, send, report, close };
}

function clientOf(hostName: string, { deviceId, moduleId, primaryKey }: FleetIdentity): Client | ModuleClient {
  const device = `HostName=${hostName};DeviceId=${deviceId}`;
  return moduleId === undefined
    ? sdk.Client.fromConnectionString(`${device};SharedAccessKey=${primaryKey}`, Mqtt)
    : sdk.ModuleClient.fromConnectionString(`${device};ModuleId=${moduleId};SharedAccessKey=${primaryKey}`, Mqtt);
}

const asFleetError = (code: FleetError['code'], who: string, cause: unknown): FleetError =>
  cause instanceof FleetError ? cause : new FleetError(code, `${who}: ${code}`, { cause });
