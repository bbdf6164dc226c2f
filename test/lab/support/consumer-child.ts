/** A consumer process of its own that follows the views which its parent sends. It tells what it handles, before its checkpoint is written. */
import { ContainerClient } from '@azure/storage-blob';
import { BlobCheckpointStore } from '@azure/eventhubs-checkpointstore-blob';
import type { CheckpointPolicy, GenerationsView, ProcessorState } from '../../../src/consumer/contract.js';
import { blobLastSeenStore } from '../../../src/consumer/last-seen-blob.js';
import { createProcessor } from '../../../src/consumer/processor.js';

/** What the parent passes as its one argument, as JSON. */
export interface ConsumerChildSettings {
  storage: string;
  container: string;
  /** Of the event hubs, in emulator form, by host name. */
  connectionStrings: Record<string, string>;
  checkpoint: CheckpointPolicy;
  maxBatchSize: number;
  balanceIntervalInMs: number;
  ownershipExpiresInMs: number;
}

/** From the parent: a GenerationsView, each time. To it: this. */
export type ConsumerChildMessage =
  | { kind: 'handled'; numbers: number[] }
  | { kind: 'state'; generations: Pick<ProcessorState['generations'][number], 'number' | 'state' | 'partitions'>[] }
  | { kind: 'error'; text: string };

const tell = (message: ConsumerChildMessage): void => void process.send?.(message);

const settings = JSON.parse(process.argv[2] ?? '{}') as ConsumerChildSettings;
const container = new ContainerClient(settings.storage, settings.container);
const processor = createProcessor(
  {
    source: {
      follow: async (listener, { signal }) => {
        process.on('message', (view) => listener(view as GenerationsView));
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      },
    },
    sharedKey: async () => ({ name: 'in the connection string', key: '' }),
    consumerGroup: '$Default',
    checkpointStore: new BlobCheckpointStore(container),
    lastSeen: blobLastSeenStore(container),
    handlers: {
      processEvents: async (events) => {
        tell({ kind: 'handled', numbers: events.map(({ body }) => (body as { n: number }).n) });
      },
      onError: (error) => tell({ kind: 'error', text: String(error) }),
      park: async () => undefined,
    },
    checkpoint: settings.checkpoint,
    maxBatchSize: settings.maxBatchSize,
    firstGenerationStart: 'earliest',
    maxWaitTimeInSeconds: 0.5,
    balanceIntervalInMs: settings.balanceIntervalInMs,
    ownershipExpiresInMs: settings.ownershipExpiresInMs,
  },
  { connectionStringOf: ({ hostName }) => settings.connectionStrings[hostName] ?? '' },
);
let shown = '';
setInterval(() => {
  const generations = processor.state().generations.map(({ number, state, partitions }) => ({
    number,
    state,
    partitions,
  }));
  const now = JSON.stringify(generations);
  if (now === shown) return;
  shown = now;
  tell({ kind: 'state', generations });
}, 50);
await processor.start();
