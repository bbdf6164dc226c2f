import { randomUUID } from 'node:crypto';
import { ContainerClient } from '@azure/storage-blob';
import type { JsonObject } from '../contracts.js';
import { toCloudEvent, type EventSchema } from './cloud-event.js';
import type { DropReason } from './delivery-counters.js';
import { sevenDigits, type GridEvent } from './grid-event.js';
import type { DeliveryOutcome } from './post-to-webhook.js';

const deadLetterContainer = 'event-grid-dead-letters';

/** An event that was given up, and how. */
interface DeadEvent {
  event: GridEvent;
  reason: DropReason;
  attempts: number;
  /** `Probation`: it was held back when its time was over. `NotAttempted`: there never was an endpoint to try. */
  lastOutcome: DeliveryOutcome | 'Probation' | 'NotAttempted';
  publishedAt: Date;
  lastAttemptAt: Date | undefined;
}

export interface DeadLetters {
  add(dead: DeadEvent): void;
  close(): Promise<void>;
}

interface DeadLetterOptions {
  storageConnectionString: string;
  schema: EventSchema;
  timeScale: number;
  log: (line: string) => void;
}

/** "Event Grid message delivery and retry": five minutes between the last attempt and the blob, which saves blob operations. */
const delayInMs = 5 * 60_000;
/** The same page: dropped when the location is away for four hours. */
const giveUpAfterInMs = 4 * 3_600_000;

/** `UndeliverableDueToHttpBadRequest` is what the service has been seen to say for 400; the others are made after it. */
const reasonText = (reason: DropReason): string =>
  reason === 'TimeToLiveExceeded' || reason === 'MaxDeliveryAttemptsExceeded'
    ? reason
    : `UndeliverableDueToHttp${reason}`;

/** The event with what became of it; in CloudEvents extension names are lower case (CloudEvents 1.0, "Naming conventions"). */
const toDeadLetter = (dead: DeadEvent, schema: EventSchema): JsonObject => {
  const fields = {
    deadLetterReason: reasonText(dead.reason),
    deliveryAttempts: dead.attempts,
    lastDeliveryOutcome: dead.lastOutcome,
    publishTime: sevenDigits(dead.publishedAt),
    ...(dead.lastAttemptAt && { lastDeliveryAttemptTime: sevenDigits(dead.lastAttemptAt) }),
  };
  if (schema === 'eventGrid') return { ...dead.event, ...fields };
  const lower = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value]));
  return { ...toCloudEvent(dead.event), ...lower };
};

const blobName = (topic: string, at: Date): string =>
  [
    topic.split('/').at(-1),
    'LAB',
    at.getUTCFullYear(),
    at.getUTCMonth() + 1,
    at.getUTCDate(),
    at.getUTCHours(),
    `${randomUUID()}.json`,
  ].join('/');

/** Writes dead events of one topic together, as a blob with a JSON array. */
export const createDeadLetters = ({
  storageConnectionString,
  schema,
  timeScale,
  log,
}: DeadLetterOptions): DeadLetters => {
  const container = new ContainerClient(storageConnectionString, deadLetterContainer);
  const closing = new AbortController();
  const running = new Set<Promise<void>>();
  let waiting: { dead: DeadEvent; since: number }[] = [];
  let timer: NodeJS.Timeout | undefined;

  const write = async (topic: string, dead: readonly DeadEvent[]): Promise<void> => {
    const abortSignal = closing.signal;
    await container.createIfNotExists({ abortSignal });
    const text = JSON.stringify(dead.map((one) => toDeadLetter(one, schema)));
    const blob = container.getBlockBlobClient(blobName(topic, new Date()));
    await blob.upload(text, Buffer.byteLength(text), {
      abortSignal,
      blobHTTPHeaders: { blobContentType: 'application/json' },
    });
  };

  const writeWaiting = async (): Promise<void> => {
    const ready = Map.groupBy(waiting, ({ dead }) => dead.event.topic);
    waiting = [];
    for (const [topic, items] of ready) {
      try {
        await write(
          topic,
          items.map(({ dead }) => dead),
        );
      } catch (error) {
        if (closing.signal.aborted) return;
        log(`event grid: no dead-lettering now: ${error instanceof Error ? error.name : String(error)}`);
        const kept = items.filter(({ since }) => Date.now() - since < giveUpAfterInMs * timeScale);
        if (kept.length < items.length) log(`event grid: ${items.length - kept.length} dead letters dropped`);
        waiting.push(...kept);
      }
    }
    if (waiting.length > 0) schedule();
  };

  const schedule = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      const run = writeWaiting().finally(() => running.delete(run));
      running.add(run);
    }, delayInMs * timeScale);
  };

  return {
    add: (dead) => {
      waiting.push({ dead, since: Date.now() });
      schedule();
    },
    close: async () => {
      closing.abort();
      clearTimeout(timer);
      await Promise.all(running);
    },
  };
};
