import { setTimeout as delay } from 'node:timers/promises';
import { RestError, type QueueClient } from '@azure/storage-queue';
import type { HostLog } from '../invoke.js';
import type { LargeMessages } from './large-messages.js';
import { patiently } from './patient.js';

/** One message, invisible to others until its time is over. */
export interface Claimed {
  readonly text: string;
  readonly packed: string;
  readonly messageId: string;
  popReceipt: string;
}

/** A queue of the task hub with JSON texts of any length. While storage is away, calls wait. */
export interface HubQueue {
  /** `claimForInSeconds`: the sender works on it itself. */
  send(text: string, claimForInSeconds?: number): Promise<Claimed>;
  receive(count: number, claimForInSeconds: number): Promise<Claimed[]>;
  /** False: somebody else has it by now. */
  keep(message: Claimed, forSeconds: number): Promise<boolean>;
  drop(message: Claimed): Promise<void>;
}

const gone = (error: unknown): boolean =>
  error instanceof RestError && (error.statusCode === 404 || error.statusCode === 400);

export function createHubQueue(queue: QueueClient, large: LargeMessages, signal: AbortSignal): HubQueue {
  return {
    async send(text, claimForInSeconds = 0) {
      const packed = await patiently(() => large.pack(text), signal);
      const { messageId, popReceipt } = await patiently(
        () => queue.sendMessage(packed, { visibilityTimeout: claimForInSeconds, messageTimeToLive: -1 }),
        signal,
      );
      return { text, packed, messageId, popReceipt };
    },
    async receive(numberOfMessages, visibilityTimeout) {
      const { receivedMessageItems } = await queue.receiveMessages({ numberOfMessages, visibilityTimeout });
      return Promise.all(
        receivedMessageItems.map(async ({ messageText, messageId, popReceipt }) => ({
          messageId,
          popReceipt,
          packed: messageText,
          text: await patiently(() => large.unpack(messageText), signal),
        })),
      );
    },
    async keep(message, forSeconds) {
      try {
        const { messageId, popReceipt, packed } = message;
        const updated = await patiently(() => queue.updateMessage(messageId, popReceipt, packed, forSeconds), signal);
        message.popReceipt = updated.popReceipt ?? popReceipt;
        return true;
      } catch (error) {
        if (gone(error)) return false;
        throw error;
      }
    },
    async drop({ messageId, popReceipt, packed }) {
      try {
        await patiently(() => queue.deleteMessage(messageId, popReceipt), signal);
        await patiently(() => large.drop(packed), signal);
      } catch (error) {
        // Somebody else claimed it meanwhile: then it is his to drop.
        if (!gone(error)) throw error;
      }
    },
  };
}

/** Calls `poll` until `signal` aborts, at once again when it found something. An outage is said once. */
export async function pollUntil(
  signal: AbortSignal,
  { everyInMs, what, log }: { everyInMs: number; what: string; log: HostLog },
  poll: () => Promise<boolean>,
): Promise<void> {
  let away = false;
  while (!signal.aborted) {
    try {
      const found = await poll();
      away = false;
      if (found) continue;
    } catch (error) {
      if (!away && !signal.aborted) log(`Durable: ${what} could not be read: ${String(error)}`);
      away = true;
    }
    // The only rejection of this timer is the abort, and that is what the loop looks at next.
    await delay(everyInMs, undefined, { signal }).catch(() => undefined);
  }
}
