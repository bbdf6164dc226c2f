/**
 * A consumer as a user would write it: its own process, on "./consumer", following the app over HTTP. It tells its parent each event.
 * REHEARSAL_CONSUMER (JSON) carries what it needs.
 */
import { BlobCheckpointStore } from '@azure/eventhubs-checkpointstore-blob';
import { BlobServiceClient } from '@azure/storage-blob';
import type * as Consumer from '../../src/consumer/index.js';
import { projectFile } from '../net/project-file.js';
import { contentsOf } from './contents.js';
import { identify } from './identify.js';
import { rawOfHub } from './raw-message.js';
import { consumerBatchSize, consumerStartSchema, type ConsumerMessage, type Handled } from './consumer-messages.js';

const start = consumerStartSchema.parse(JSON.parse(process.env['REHEARSAL_CONSUMER'] ?? '{}'));
delete process.env['REHEARSAL_CONSUMER'];
// As it is built: the laboratory shares no code with what it tries out.
const { createFailoverEventProcessor, followApp, blobLastSeenStore } = (await import(
  projectFile('dist/src/consumer/index.js')
)) as typeof Consumer;

const tell = (message: ConsumerMessage): void => void process.send?.(message);
const container = BlobServiceClient.fromConnectionString(start.storage).getContainerClient('rehearsal-consumers');
await container.createIfNotExists();

const { url, key, progressKey, pollInMs } = start.app;
const processor = createFailoverEventProcessor({
  source: followApp({ url, hub: start.hub, key: () => key, progressKey: () => progressKey, pollInMs }),
  sharedKey: () => Promise.resolve(start.sharedKey),
  consumerGroup: start.consumerGroup,
  checkpointStore: new BlobCheckpointStore(container),
  lastSeen: blobLastSeenStore(container),
  firstGenerationStart: 'earliest',
  maxBatchSize: consumerBatchSize,
  maxWaitTimeInSeconds: 1,
  balanceIntervalInMs: 1000,
  ownershipExpiresInMs: 6000,
  skipParsingBodyAsJson: true,
  handlers: {
    processInitialize: ({ generation, partitionId }) => {
      tell({ type: 'opened', generation, partitionId });
      return Promise.resolve(undefined);
    },
    processEvents: (events, { endpoint, generation, partitionId }) => {
      const handledAt = Date.now();
      const handled = events.flatMap((event): Handled[] => {
        const raw = rawOfHub(event);
        const message = identify(raw);
        const enqueuedAt = event.enqueuedTimeUtc.getTime();
        return message === undefined
          ? []
          : [{ ...message, endpoint, generation, partitionId, enqueuedAt, handledAt, contents: contentsOf(raw) }];
      });
      if (handled.length < events.length) tell({ type: 'unidentified', messages: events.length - handled.length });
      tell({ type: 'handled', events: handled });
      return Promise.resolve();
    },
    onError: (error) => tell({ type: 'error', text: error instanceof Error ? error.message : typeof error }),
    // Every message of the fleet can be handled: one that can't is a defect that the report must show as lost.
    park: (_event, error) => {
      tell({ type: 'error', text: `parked: ${error instanceof Error ? error.message : typeof error}` });
      return Promise.resolve();
    },
  },
});

const stop = async (): Promise<void> => {
  await processor.stop();
  process.exit(0);
};
process.once('SIGTERM', () => void stop());
await processor.start();
tell({ type: 'ready' });
