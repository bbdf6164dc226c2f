/**
 * What a user of "./consumer" writes, in a project of their own: an app that answers, a processor that follows it, options that are
 * refused. It prints one line of JSON. Kept as text because its imports exist only where the package is installed.
 */
export const consumerProgram = `
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BlobCheckpointStore } from '@azure/eventhubs-checkpointstore-blob';
import { ContainerClient } from '@azure/storage-blob';
import {
  createFailoverEventProcessor, followApp, isAppError, memoryLastSeenStore,
  type ConsumersDocument, type FailoverEventProcessorOptions, type ProcessorHandlers, type ProcessorState,
} from 'iothub-standby/consumer';

const document: ConsumersDocument = {
  schemaVersion: 1, hub: 'p', revision: 7, stage: 'steady', since: '2026-01-01T00:00:00Z', reason: 'steady', paused: false,
  generations: [{
    number: 1, endpoint: { hostName: 'ns.servicebus.windows.net', eventHubName: 'e' }, state: 'stopped', seenBefore: false,
    startedAt: '2026-01-01T00:00:00Z',
  }],
  positions: [], history: [],
};
const keys: (string | undefined)[] = [];
const server = createServer((request, response) => {
  keys.push(String(request.headers['x-functions-key']));
  response.setHeader('content-type', 'application/json').end(JSON.stringify(document));
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address() as AddressInfo;

const errors: string[] = [];
const handlers: ProcessorHandlers = {
  processEvents: async (events, partition) => partition.checkpoint(events.at(-1)),
  park: async () => {},
  onError: (error) => { errors.push(String(error)); },
};
const options: FailoverEventProcessorOptions = {
  source: followApp({ url: 'http://127.0.0.1:' + port, hub: 'p', key: () => 'function-key' }),
  sharedKey: async () => ({ name: 'service', key: 'a2V5' }),
  consumerGroup: '$Default',
  checkpointStore: new BlobCheckpointStore(new ContainerClient('https://account.blob.core.windows.net/checkpoints')),
  lastSeen: memoryLastSeenStore(),
  handlers,
};
const processor = createFailoverEventProcessor(options);
await processor.start();
const state: ProcessorState = processor.state();
await processor.stop();
server.closeAllConnections();
server.close();

let refused: string | undefined;
try {
  createFailoverEventProcessor({ ...options, maxBatchSize: 0 });
} catch (error) {
  if (isAppError(error, 'invalidSettings')) refused = error.code;
}
// @ts-expect-error a policy that does not exist: the types are there, and are not any
const wrong: FailoverEventProcessorOptions = { ...options, checkpoint: { kind: 'never' } };
console.log(JSON.stringify({ revision: state.revision, key: keys[0], errors, refused, wrong: wrong.checkpoint?.kind }));
`;
