import type { QueueClient, QueueServiceClient } from '@azure/storage-queue';
import type { RetryQueuePort } from '../../registry/ports.js';
import { createStorageCall } from './storage-call.js';
import { isStatus } from './storage-errors.js';

/** Queue service, Put Message: `visibilitytimeout` is at most 7 days. */
const MAX_DELAY_IN_SECONDS = 7 * 24 * 3600;

const RETRY_QUEUE = 'registry-retry';
/** The Functions host puts a message here after `maxDequeueCount` failed deliveries (host.json), and creates the queue when it needs it. */
const POISON_QUEUE = `${RETRY_QUEUE}-poison`;

export const createRetryQueue = (service: QueueServiceClient): RetryQueuePort => {
  const queue = service.getQueueClient(RETRY_QUEUE);
  const poison = service.getQueueClient(POISON_QUEUE);
  const call = createStorageCall((abortSignal) => queue.createIfNotExists({ abortSignal }));
  const countOf = async (client: QueueClient, abortSignal: AbortSignal) =>
    (await client.getProperties({ abortSignal })).approximateMessagesCount ?? 0;
  return {
    enqueue: (message, delayInMs) =>
      call('retry queue write', async (abortSignal) => {
        // The host's queue trigger takes base64 unless host.json says otherwise.
        const text = Buffer.from(JSON.stringify(message)).toString('base64');
        const visibilityTimeout = Math.min(Math.ceil(Math.max(delayInMs, 0) / 1000), MAX_DELAY_IN_SECONDS);
        await queue.sendMessage(text, { visibilityTimeout, messageTimeToLive: -1, abortSignal });
      }),
    count: () => call('retry queue count', (abortSignal) => countOf(queue, abortSignal)),
    countPoison: () =>
      call('poison queue count', async (abortSignal) => {
        try {
          return await countOf(poison, abortSignal);
        } catch (error) {
          if (isStatus(error, 404)) {
            return 0;
          }
          throw error;
        }
      }),
  };
};
