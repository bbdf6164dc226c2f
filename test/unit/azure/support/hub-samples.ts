import type { LogFields } from '../../../../src/log-events.js';
import type { Clock } from '../../../../src/clock.js';
import type { IdentityContent } from '../../../../src/hub-model.js';
import { createHubClient, type HubClient } from '../../../../src/azure/hub/hub-client.js';
import { systemClock } from '../../../../src/azure/system-clock.js';
import type { Answer, EvilHub } from './evil-hub.js';

export interface WatchedClient {
  client: HubClient;
  events: { id: string; fields: LogFields | undefined }[];
  /** Waits are noted and not waited for; the deadline is real time. */
  sleeps: number[];
}

export const watchedClient = (hub: EvilHub, callTimeoutInMs = 5_000): WatchedClient => {
  const events: WatchedClient['events'] = [];
  const sleeps: number[] = [];
  const clock: Clock = {
    ...systemClock,
    sleep: (ms) => {
      sleeps.push(ms);
      return Promise.resolve();
    },
  };
  const client = createHubClient({
    hostName: hub.hostName,
    connection: { kind: 'connectionString', value: hub.connectionString },
    callTimeoutInMs,
    clock,
    logger: { event: (_level, id, fields) => events.push({ id, fields }) },
  });
  return { client, events, sleeps };
};

/** What a promise rejects with; resolving is answered with an error of its own. */
export const reasonOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => new RangeError('it must reject'),
    (error: unknown) => error,
  );

export const aDevice = {
  deviceId: 'd',
  generationId: 'g',
  etag: 'MQ==',
  status: 'enabled',
  statusReason: null,
  capabilities: { iotEdge: false },
  authentication: {
    type: 'sas',
    symmetricKey: { primaryKey: 'cA==', secondaryKey: 'cw==' },
    x509Thumbprint: { primaryThumbprint: null, secondaryThumbprint: null },
  },
};
export const aTwin = { deviceId: 'd', etag: 'AAE=', version: 2, tags: {}, properties: { desired: {}, reported: {} } };
export const content: IdentityContent = {
  key: { deviceId: 'd' },
  authentication: { type: 'sas', symmetricKey: { primaryKey: 'cA==', secondaryKey: 'cw==' } },
  status: 'enabled',
  iotEdge: false,
};
export const halfABody: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
  response.write('{"deviceId":"d"', () => response.destroy());
};
export const never: Answer = () => undefined;

export const operations: Record<string, (hubClient: HubClient) => Promise<unknown>> = {
  getIdentity: (c) => c.getIdentity({ deviceId: 'd' }),
  getModule: (c) => c.getIdentity({ deviceId: 'd', moduleId: 'm' }),
  createIdentity: (c) => c.createIdentity(content),
  updateIdentity: (c) => c.updateIdentity(content, 'MQ=='),
  listModules: (c) => c.listModules('d'),
  getTwin: (c) => c.getTwin({ deviceId: 'd' }),
  patchTwin: (c) => c.patchTwin({ deviceId: 'd', moduleId: 'm' }, { tags: { a: 1 } }),
};

/** The operations that are promised no body. */
export const deleteDevice = (c: HubClient) => c.deleteIdentity({ deviceId: 'd' }, 'MQ==');
export const deleteModule = (c: HubClient) => c.deleteIdentity({ deviceId: 'd', moduleId: 'm' }, 'MQ==');
