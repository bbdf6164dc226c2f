import { setTimeout as delay } from 'node:timers/promises';
import { QueueServiceClient, RestError, type QueueClient } from '@azure/storage-queue';
import { createBackoff } from '../backoff.js';
import type { RegisteredFunction } from '../core-state.js';
import { HostError } from '../host-error.js';
import { createInFlight } from '../in-flight.js';
import { textOption, triggerOf } from '../load-app.js';
import { expandNames, openConnection, resolveConnection } from '../settings.js';
import type { Listener, TriggerContext } from '../trigger.js';
import { createQueueProcessor } from './queue-processor.js';

/** QueuePollingIntervals.Minimum of the extension. */
const minimumPollInMs = 100;

async function waitUntil(aborted: AbortSignal, forMs: number): Promise<void> {
  // The only rejection of this timer is the abort, and that is what the loop looks at next.
  await delay(forMs, undefined, { signal: aborted }).catch(() => undefined);
}

/** How many messages to ask for: storage gives at most 32. */
function thresholds({ batchSize, newBatchThreshold }: TriggerContext['config']['queues']) {
  const size = Math.min(batchSize, 32);
  return { size, threshold: newBatchThreshold ?? Math.floor(size / 2) };
}

/**
 * A storage-queue trigger: polls with a random exponential wait between 100 ms and `maxPollingInterval`, fetches again as soon
 * as at most `newBatchThreshold` messages are worked on. A queue that does not exist is waited for.
 * Source: Microsoft.Azure.WebJobs.Extensions.Storage, QueueListener.
 */
export function createQueueListener(target: RegisteredFunction, context: TriggerContext): Listener {
  const trigger = triggerOf(target);
  const { settings, config, stopping, log, tuning } = context;
  const queueName = expandNames(settings, textOption(trigger, 'queueName') ?? '');
  if (queueName === '') throw new HostError('host.badFunction', `'${target.metadata.name}' names no queue.`);
  const connection = expandNames(settings, textOption(trigger, 'connection') ?? 'AzureWebJobsStorage');
  const value = resolveConnection(settings, connection);
  const service = openConnection(connection, () => QueueServiceClient.fromConnectionString(value));
  const queue = service.getQueueClient(queueName);
  const poison = service.getQueueClient(`${queueName}-poison`);
  const process = createQueueProcessor(target, { queue, poison }, context);
  const { size, threshold } = thresholds(config.queues);
  const backoff = createBackoff(minimumPollInMs, config.queues.maxPollingInterval);
  const inFlight = createInFlight();
  let loop: Promise<void> | undefined;
  let foundSomething = false;

  const poll = async (): Promise<void> => {
    const messages = await receive(queue, size, tuning.queueLeaseInMs, stopping, log);
    if (messages.length === 0) {
      const waitInMs = backoff.next(foundSomething);
      foundSomething = false;
      await waitUntil(stopping, waitInMs);
      return;
    }
    foundSomething = true;
    for (const message of messages) inFlight.add(process(message));
    while (inFlight.count > threshold) await inFlight.any();
  };

  return {
    async start() {
      loop = (async () => {
        while (!stopping.aborted) await poll();
      })();
      await Promise.resolve();
    },
    async stop() {
      await loop;
      if (!(await inFlight.drained(tuning.stopLimitInMs)))
        log(`'${target.metadata.name}' still ran when the host stopped`);
    },
  };
}

async function receive(
  queue: QueueClient,
  count: number,
  leaseInMs: number,
  abortSignal: AbortSignal,
  log: (line: string) => void,
) {
  try {
    const { receivedMessageItems } = await queue.receiveMessages({
      numberOfMessages: count,
      visibilityTimeout: Math.ceil(leaseInMs / 1000),
      abortSignal,
    });
    return receivedMessageItems;
  } catch (error) {
    // A missing queue is ordinary: it appears with its first message. Anything else is said, and tried again after the wait.
    const missing = error instanceof RestError && error.code === 'QueueNotFound';
    if (!missing && !abortSignal.aborted) log(`Queue '${queue.name}' could not be read: ${String(error)}`);
    return [];
  }
}
