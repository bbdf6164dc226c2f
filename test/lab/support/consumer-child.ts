/** A consumer process of its own, told over IPC. It tells what it handles, before its checkpoint is written. */
import { ContainerClient } from '@azure/storage-blob';
import { BlobCheckpointStore } from '@azure/eventhubs-checkpointstore-blob';
import type { Generation } from '../../../src/consumers-document.js';
import { blobLastSeenStore } from '../../../src/consumer/last-seen-blob.js';
import { createProcessor } from '../../../src/consumer/processor.js';

/** What the parent passes as its one argument, as JSON. */
export interface ConsumerChildSettings {
  storage: string;
  container: string;
  /** Of the event hub, in emulator form. */
  connectionString: string;
  generations: Generation[];
  ownershipExpiresInMs: number;
  maxBatchSize: number;
}

export type ConsumerChildMessage =
  | { kind: 'handled'; partitionId: string; numbers: number[] }
  | { kind: 'partitions'; ids: string[] }
  | { kind: 'error'; text: string };

const tell = (message: ConsumerChildMessage): void => void process.send?.(message);

const settings = JSON.parse(process.argv[2] ?? '{}') as ConsumerChildSettings;
const container = new ContainerClient(settings.storage, settings.container);
const generations = settings.generations;
const processor = createProcessor(
  {
    source: {
      follow: async (listener, { signal }) => {
        listener({ hub: 'hub', revision: 1, stage: 'steady', generations });
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      },
    },
    sharedKey: async () => ({ name: 'in the connection string', key: '' }),
    consumerGroup: '$Default',
    checkpointStore: new BlobCheckpointStore(container),
    lastSeen: blobLastSeenStore(container),
    handlers: {
      processEvents: async (events, { partitionId }) => {
        tell({ kind: 'handled', partitionId, numbers: events.map(({ body }) => (body as { n: number }).n) });
      },
      onError: (error) => tell({ kind: 'error', text: String(error) }),
      park: async () => undefined,
    },
    firstGenerationStart: 'earliest',
    maxBatchSize: settings.maxBatchSize,
    maxWaitTimeInSeconds: 0.5,
    balanceIntervalInMs: 300,
    ownershipExpiresInMs: settings.ownershipExpiresInMs,
  },
  { connectionStringOf: () => settings.connectionString },
);
await processor.start();
let shown = '';
setInterval(() => {
  const ids = processor.state().generations.flatMap(({ partitions }) => partitions);
  if (ids.join() === shown) return;
  shown = ids.join();
  tell({ kind: 'partitions', ids });
}, 50);
