import type { BuiltIn, HubGate } from '../../../lab/built-in/contract.js';
import { createBuiltInEndpoint } from '../../../lab/built-in/built-in-endpoint.js';
import { createHubGate } from '../../../lab/built-in/hub-gate.js';
import type { HubCore, HubMessage, IdentityKey, PolicyName } from '../../../lab/contracts.js';
import { openDoorBefore } from '../../../lab/faults/door.js';
import { createFaultStore, type FaultStore } from '../../../lab/faults/fault-store.js';
import { createAmqpDeviceServer } from '../../../lab/hub/amqp/server.js';
import { createHubCore } from '../../../lab/hub/core/hub-core.js';
import { createHubHttpListener } from '../../../lab/hub/https/listener.js';
import { createMqttServer } from '../../../lab/hub/mqtt/server.js';
import type { BuiltInEndpoint } from '../../../lab/hub-failover/contract.js';
import { createLabCertificates } from '../../../lab/net/certificates.js';
import { removeHostMapping, setHostMapping } from '../../../lab/net/host-map.js';
import { createTlsListener } from '../../../lab/net/listener.js';
import { trustInProcess } from '../../../lab/net/trust.js';

/** One hub with its three servers and its built-in endpoint, moved by the test in place of the failover's machine. */
export interface BuiltInHub extends AsyncDisposable {
  core: HubCore;
  builtIn: BuiltIn;
  gate: HubGate;
  faults: FaultStore;
  /** The endpoint before and after a failover. */
  first: BuiltInEndpoint;
  second: BuiltInEndpoint;
  /** Of an endpoint, by the primary key of a policy. */
  connectionString(endpoint: BuiltInEndpoint, policy?: PolicyName): string;
  /** Telemetry of a device, past the protocols. */
  send(deviceId: string, ...sequences: number[]): void;
  addDevice(key: IdentityKey): string;
  /** All moments of a failover, one after the other. */
  failOver(next: BuiltInEndpoint, options?: FailOverOptions): void;
}

interface FailOverOptions {
  offsetsRestart?: boolean;
  blackHoled?: boolean;
}

export interface BuiltInHubOptions {
  partitions?: number;
  consumerGroups?: string[];
  takenByRoute?: (message: HubMessage) => boolean;
  retentionCount?: number;
  /** Milliseconds since 1970: of what is stored, and of namespaces that go. */
  now?: () => number;
}

let hubs = 0;
const ports = { https: 443, mqtt: 8883, amqp: 5671 };

export const aBuiltInHub = async (options: BuiltInHubOptions = {}): Promise<BuiltInHub> => {
  const { partitions = 2, ...rest } = options;
  const name = `b-${process.pid}-${(hubs += 1)}`;
  const endpointOf = (number: number): BuiltInEndpoint => ({
    hostName: `iothub-ns-${name}-${number}.servicebus.windows.net`,
    eventHubName: `iothub-ehub-${name}-${number}`,
    partitionIds: Array.from({ length: partitions }, (_, index) => String(index)),
    retentionTimeInDays: 1,
  });
  const core = createHubCore({ role: 'primary', hostName: `${name}.azure-devices.net` });
  const certificates = await createLabCertificates();
  trustInProcess(certificates.caPem);
  const faults = createFaultStore();
  const gate = createHubGate({ role: 'primary', faults });
  const [first, second] = [endpointOf(1), endpointOf(2)];
  const mapped = new Set<string>();
  const builtIn = await createBuiltInEndpoint({
    core,
    certificates,
    faults,
    gate,
    endpoint: first,
    ...rest,
    onMappings: (mappings) => {
      for (const { host, port, target } of mappings) {
        mapped.add(host);
        setHostMapping(host, port, target);
      }
    },
  });
  faults.attach('primary', 'events', builtIn.listener);
  const servers = { core, faults: gate, certificates };
  const https = await openDoorBefore(
    await createTlsListener({ certificates, onRequest: createHubHttpListener({ core, faults: gate }) }),
  );
  const mqtt = gate.guard(await openDoorBefore(await createMqttServer(servers)));
  const amqpServer = await createAmqpDeviceServer({ ...servers, redirectsTo: builtIn.redirectsTo });
  const amqp = gate.guard(await openDoorBefore(amqpServer));
  const doors = { https, mqtt, amqp };
  for (const plane of ['https', 'mqtt', 'amqp'] as const) {
    setHostMapping(core.hostName, ports[plane], { host: '127.0.0.1', port: doors[plane].port });
    faults.attach('primary', plane, doors[plane]);
  }
  const failOver = (
    next: BuiltInEndpoint,
    { offsetsRestart = true, blackHoled = false }: FailOverOptions = {},
  ): void => {
    builtIn.hooks.endpointChanged(next, { consumerGroups: [], offsetsRestart });
    builtIn.hooks.forwardingStopped({ blackHoled, rollBackMinutes: 0 });
    builtIn.hooks.active();
    builtIn.hooks.dataFlows();
  };

  return {
    core,
    builtIn,
    gate,
    faults,
    first,
    second,
    connectionString: ({ hostName, eventHubName }, policy = 'service') => {
      const key = core.sharedAccessPolicies().find((each) => each.name === policy)?.primaryKey;
      return `Endpoint=sb://${hostName}/;SharedAccessKeyName=${policy};SharedAccessKey=${key};EntityPath=${eventHubName}`;
    },
    send: (deviceId, ...sequences) => {
      for (const sequence of sequences) {
        const body = Buffer.from(JSON.stringify({ deviceId, sequence }));
        const system = {
          contentType: 'application/json',
          contentEncoding: 'utf-8',
          messageId: `${deviceId}-${sequence}`,
        };
        core.acceptTelemetry({ deviceId }, body, system, { kind: 'reading' });
      }
    },
    addDevice: (key) => core.createIdentity(key, { ...key }).authentication.symmetricKey.primaryKey ?? '',
    failOver,
    [Symbol.asyncDispose]: async () => {
      for (const plane of ['https', 'mqtt', 'amqp'] as const) {
        removeHostMapping(core.hostName, ports[plane]);
        await doors[plane].close();
      }
      await builtIn.close();
      for (const host of mapped) removeHostMapping(host, 5671);
      faults.close();
    },
  };
};
