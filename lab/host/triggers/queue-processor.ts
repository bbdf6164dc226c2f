import { RestError, type DequeuedMessageItem, type QueueClient } from '@azure/storage-queue';
import type { RegisteredFunction } from '../core-state.js';
import { textOption, triggerOf } from '../load-app.js';
import type { TriggerContext } from '../trigger.js';
import { decodeBody, queueMetadata, toQueueInput } from './queue-message.js';

interface Queues {
  readonly queue: QueueClient;
  readonly poison: QueueClient;
}

/** Another reader has the message now, or it is gone: nothing to do, as in QueueProcessor. */
const lost: readonly (string | undefined)[] = [
  'PopReceiptMismatch',
  'MessageNotFound',
  'QueueNotFound',
  'QueueBeingDeleted',
];

/** Keeps a message invisible while its function runs, at half of its time. The receipt changes with each renewal. */
function keepInvisible(
  queue: QueueClient,
  message: DequeuedMessageItem,
  leaseInMs: number,
  log: (line: string) => void,
) {
  let receipt = message.popReceipt;
  let renewal = Promise.resolve();
  const renew = async (before: Promise<void>): Promise<void> => {
    await before;
    try {
      const answer = await queue.updateMessage(message.messageId, receipt, undefined, Math.ceil(leaseInMs / 1000));
      receipt = answer.popReceipt ?? receipt;
    } catch (error) {
      log(`Message ${message.messageId} could not be kept invisible: ${String(error)}`);
    }
  };
  const timer = setInterval(() => {
    renewal = renew(renewal);
  }, leaseInMs / 2);
  return {
    /** The receipt to delete or release the message with. */
    async end(): Promise<string> {
      clearInterval(timer);
      await renewal;
      return receipt;
    },
  };
}

/**
 * One message from its receipt to its end: deleted after success, visible again after `visibilityTimeout` on failure, moved to
 * `<queue>-poison` when its `maxDequeueCount`-th try failed, or before a try beyond that, or when it cannot be decoded.
 * Never rejects. Source: Microsoft.Azure.WebJobs.Extensions.Storage, QueueProcessor.
 */
export function createQueueProcessor(target: RegisteredFunction, { queue, poison }: Queues, context: TriggerContext) {
  const { maxDequeueCount, visibilityTimeout, messageEncoding } = context.config.queues;
  const dataType = textOption(triggerOf(target), 'dataType');
  const { log, invoker, tuning } = context;

  const moveToPoison = async (message: DequeuedMessageItem, receipt: string): Promise<void> => {
    log(`Message has reached MaxDequeueCount of ${maxDequeueCount}. Moving message to queue '${poison.name}'.`);
    await poison.createIfNotExists();
    await poison.sendMessage(message.messageText);
    await queue.deleteMessage(message.messageId, receipt);
  };

  const run = async (message: DequeuedMessageItem, body: Buffer): Promise<void> => {
    const lease = keepInvisible(queue, message, tuning.queueLeaseInMs, log);
    const call = { data: toQueueInput(body, dataType), triggerMetadata: queueMetadata(message, body) };
    const succeeded = await invoker.invoke(target, call).then(
      () => true,
      () => false,
    );
    const receipt = await lease.end();
    if (succeeded) await queue.deleteMessage(message.messageId, receipt);
    else if (message.dequeueCount >= maxDequeueCount) await moveToPoison(message, receipt);
    else await queue.updateMessage(message.messageId, receipt, undefined, Math.ceil(visibilityTimeout / 1000));
  };

  return async (message: DequeuedMessageItem): Promise<void> => {
    try {
      const body = decodeBody(message.messageText, messageEncoding);
      if (body === undefined || message.dequeueCount > maxDequeueCount) await moveToPoison(message, message.popReceipt);
      else await run(message, body);
    } catch (error) {
      if (error instanceof RestError && lost.includes(error.code)) return;
      log(`Message ${message.messageId} of '${queue.name}' could not be completed: ${String(error)}`);
    }
  };
}
