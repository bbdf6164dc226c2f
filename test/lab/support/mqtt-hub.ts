import { Client, ModuleClient } from 'azure-iot-device';
import { Mqtt } from 'azure-iot-device-mqtt';
import type {
  ControllableListener,
  FaultGate,
  HubCore,
  HubErrorShape,
  HubLimits,
  IdentityKey,
  Unsettled,
} from '../../../lab/contracts.js';
import { createHubCore } from '../../../lab/hub/core/hub-core.js';
import { createMqttServer } from '../../../lab/hub/mqtt/server.js';
import { createLabCertificates } from '../../../lab/net/certificates.js';
import { removeHostMapping, setHostMapping } from '../../../lab/net/host-map.js';
import { trustInProcess } from '../../../lab/net/trust.js';

/** One hub with its device plane, reached under its real name. */
export interface MqttHub extends AsyncDisposable {
  core: HubCore;
  listener: ControllableListener;
  /** Answers for the next requests, one each: then none. */
  statuses: number[];
  /** Every request waits for this. */
  gate: { wait: () => Promise<void> };
  log: string[];
  key(key: IdentityKey): string;
}

let hubs = 0;
export async function startMqttHub(
  options: { limits?: HubLimits; unsettled?: Partial<Unsettled> } = {},
): Promise<MqttHub> {
  const hostName = `p-mqtt${(hubs += 1)}.azure-devices.net`;
  const core = createHubCore({ role: 'primary', hostName, ...options });
  const certificates = await createLabCertificates();
  trustInProcess(certificates.caPem);
  const statuses: number[] = [];
  const gate = { wait: () => Promise.resolve() };
  const log: string[] = [];
  const faults: FaultGate = {
    before: async () => {
      await gate.wait();
      const status = statuses.shift();
      return status === undefined ? undefined : { status };
    },
  };
  const listener = await createMqttServer({ core, faults, certificates, log: (line) => log.push(line) });
  setHostMapping(hostName, 8883, { host: '127.0.0.1', port: listener.port });
  return {
    core,
    listener,
    statuses,
    gate,
    log,
    key: (key) => core.getIdentity(key).authentication.symmetricKey.primaryKey!,
    [Symbol.asyncDispose]: async () => {
      removeHostMapping(hostName, 8883);
      await listener.close();
    },
  };
}

/** Creates the identity (and the device of a module) where it is missing. */
export function ensureIdentity({ core }: MqttHub, key: IdentityKey): void {
  const exists = (wanted: IdentityKey): boolean => {
    try {
      return core.getIdentity(wanted) !== undefined;
    } catch (error) {
      if ((error as HubErrorShape).status === 404) return false;
      throw error;
    }
  };
  const device = { deviceId: key.deviceId };
  if (!exists(device)) core.createIdentity(device, device);
  if (key.moduleId !== undefined && !exists(key)) core.createIdentity(key, { ...key });
}

export function clientOf(hub: MqttHub, key: IdentityKey, sharedAccessKey = hub.key(key)): Client {
  const parts = [`HostName=${hub.core.hostName}`, `DeviceId=${key.deviceId}`];
  if (key.moduleId !== undefined) parts.push(`ModuleId=${key.moduleId}`);
  const connectionString = [...parts, `SharedAccessKey=${sharedAccessKey}`].join(';');
  // Both share the base class which holds everything that these tests use.
  const type = (key.moduleId === undefined ? Client : ModuleClient) as typeof Client;
  return type.fromConnectionString(connectionString, Mqtt);
}

/** For `expect.poll`: a bound that a busy machine keeps. */
export const eventually = { timeout: 20_000, interval: 20 };

/** The SDK's own policy goes on for four minutes. */
export const noRetry = { shouldRetry: () => false, nextRetryTimeout: () => -1 };

/** A connected device, new in the hub. */
export async function connectDevice(hub: MqttHub, key: IdentityKey): Promise<Client> {
  ensureIdentity(hub, key);
  const client = clientOf(hub, key);
  client.setRetryPolicy(noRetry);
  await client.open();
  return client;
}
