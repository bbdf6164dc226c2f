import { preloadFile } from './net/host-map.js';
import type { HubCore, LabDescription } from './contracts.js';

export const eventHubNames = { primary: 'devicetwin', secondary: 'devicetwin-secondary' } as const;

export interface LabParts {
  hubs: { core: HubCore; httpsPort: number; mqttPort: number; amqpPort: number }[];
  namespaceConnectionString: string;
  /** Beside those of the app. */
  extraEventHubs: readonly string[];
  storageConnectionString: string;
  caFile: string;
  hostMapFile: string;
  identityEnv: Record<string, string>;
  /** Opens the details of the app's health. */
  operatorKey: string;
}

/** NODE_OPTIONS takes a value with spaces in double quotes, where a backslash escapes: as in JSON. */
const nodeOptions = (preload: string, existing: string | undefined): string =>
  [existing, `--require ${JSON.stringify(preload)}`].filter((part) => part !== undefined && part !== '').join(' ');

/** What `GET /lab` answers: everything that a client, a host or a person needs to reach this laboratory. */
export const describeLab = (parts: LabParts, inherited = process.env['NODE_OPTIONS']): LabDescription => {
  const preload = preloadFile();
  const connectionString = (role: HubCore['role']): string =>
    parts.hubs.find(({ core }) => core.role === role)?.core.connectionString ?? '';
  return {
    hubs: parts.hubs.map(({ core, httpsPort, mqttPort, amqpPort }) => ({
      role: core.role,
      hostName: core.hostName,
      connectionString: core.connectionString,
      endpoints: {
        https: `127.0.0.1:${httpsPort}`,
        mqtt: `127.0.0.1:${mqttPort}`,
        amqp: `127.0.0.1:${amqpPort}`,
      },
    })),
    eventHubs: {
      connectionString: parts.namespaceConnectionString,
      names: [...Object.values(eventHubNames), ...parts.extraEventHubs],
    },
    storage: { connectionString: parts.storageConnectionString },
    caFile: parts.caFile,
    preload,
    env: {
      NODE_EXTRA_CA_CERTS: parts.caFile,
      NODE_OPTIONS: nodeOptions(preload, inherited),
      LAB_HOST_MAP_FILE: parts.hostMapFile,
    },
    identityEnv: parts.identityEnv,
    settings: {
      AzureWebJobsStorage: parts.storageConnectionString,
      FUNCTIONS_WORKER_RUNTIME: 'node',
      PRIMARY_HUB: connectionString('primary'),
      SECONDARY_HUB: connectionString('secondary'),
      PRIMARY_TWIN_EVENTS: parts.namespaceConnectionString,
      PRIMARY_TWIN_EVENT_HUB: eventHubNames.primary,
      SECONDARY_TWIN_EVENTS: parts.namespaceConnectionString,
      SECONDARY_TWIN_EVENT_HUB: eventHubNames.secondary,
      REPORTED_STRATEGY: 'device',
      // Nothing in the laboratory is worth a grace period, and a rehearsal wants to see the delete.
      DELETE_GRACE_SECONDS: '0',
      OPERATOR_KEY: parts.operatorKey,
    },
  };
};
