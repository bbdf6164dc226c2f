import { preloadFile } from './net/host-map.js';
import { resourceIdOf } from './arm/arm-hub.js';
import type { ArmDescription, HubCore, HubRole, LabDescription } from './contracts.js';
import type { BuiltInEndpoint } from './hub-failover/contract.js';

export const eventHubNames = { primary: 'devicetwin', secondary: 'devicetwin-secondary' } as const;

export interface LabParts {
  hubs: { core: HubCore; ports: Record<'https' | 'mqtt' | 'amqp', number>; endpoint: BuiltInEndpoint }[];
  namespaceConnectionString: string;
  /** Beside those of the app. */
  extraEventHubs: readonly string[];
  storageConnectionString: string;
  caFile: string;
  hostMapFile: string;
  identityEnv: Record<string, string>;
  arm: ArmDescription;
  /** Opens the details of the app's health. */
  operatorKey: string;
  /** Of those who report progress. */
  progressKey: string;
}

/** NODE_OPTIONS takes a value with spaces in double quotes, where a backslash escapes: as in JSON. */
const nodeOptions = (preload: string, existing: string | undefined): string =>
  [existing, `--require ${JSON.stringify(preload)}`].filter((part) => part !== undefined && part !== '').join(' ');

/** Of the built-in endpoint that the hub began with, by the policy that the portal shows with it. */
const eventsConnectionString = ({ core, endpoint }: LabParts['hubs'][number]): string => {
  const service = core.sharedAccessPolicies().find(({ name }) => name === 'service');
  return (
    `Endpoint=sb://${endpoint.hostName}/;SharedAccessKeyName=service;` +
    `SharedAccessKey=${service?.primaryKey ?? ''};EntityPath=${endpoint.eventHubName}`
  );
};

/** What `GET /lab` answers: everything that a client, a host or a person needs to reach this laboratory. */
export const describeLab = (parts: LabParts, inherited = process.env['NODE_OPTIONS']): LabDescription => {
  const preload = preloadFile();
  const ofHub = (role: HubRole, valueOf: (hub: LabParts['hubs'][number]) => string): string => {
    const hub = parts.hubs.find(({ core }) => core.role === role);
    return hub === undefined ? '' : valueOf(hub);
  };
  const connectionString = (role: HubRole): string => ofHub(role, ({ core }) => core.connectionString);
  const resourceId = (role: HubRole): string => ofHub(role, ({ core }) => resourceIdOf(parts.arm, core.name));
  return {
    hubs: parts.hubs.map(({ core, ports }) => ({
      role: core.role,
      hostName: core.hostName,
      connectionString: core.connectionString,
      endpoints: {
        https: `127.0.0.1:${ports.https}`,
        mqtt: `127.0.0.1:${ports.mqtt}`,
        amqp: `127.0.0.1:${ports.amqp}`,
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
    arm: parts.arm,
    settings: {
      AzureWebJobsStorage: parts.storageConnectionString,
      FUNCTIONS_WORKER_RUNTIME: 'node',
      PRIMARY_HUB: connectionString('primary'),
      SECONDARY_HUB: connectionString('secondary'),
      PRIMARY_TWIN_EVENTS: parts.namespaceConnectionString,
      PRIMARY_TWIN_EVENT_HUB: eventHubNames.primary,
      SECONDARY_TWIN_EVENTS: parts.namespaceConnectionString,
      SECONDARY_TWIN_EVENT_HUB: eventHubNames.secondary,
      PRIMARY_HUB_RESOURCE_ID: resourceId('primary'),
      SECONDARY_HUB_RESOURCE_ID: resourceId('secondary'),
      PRIMARY_HUB_EVENTS: ofHub('primary', eventsConnectionString),
      SECONDARY_HUB_EVENTS: ofHub('secondary', eventsConnectionString),
      REPORTED_STRATEGY: 'device',
      // Nothing in the laboratory is worth a grace period, and a rehearsal wants to see the delete.
      DELETE_GRACE_SECONDS: '0',
      OPERATOR_KEY: parts.operatorKey,
      PROGRESS_KEY: parts.progressKey,
    },
  };
};
