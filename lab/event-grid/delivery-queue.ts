import pLimit from 'p-limit';
import type { EventSchema } from './cloud-event.js';
import type { DeadLetters } from './dead-letters.js';
import { createDeliveryTally, type DeliveryTally, type DropReason } from './delivery-counters.js';
import type { Disturbance } from './disturbance.js';
import type { GridEvent } from './grid-event.js';
import { isFinal, postToWebhook, type DeliveryOutcome } from './post-to-webhook.js';
import { createProbation } from './probation.js';
import { maxDeliveryAttempts, retryDelayInMs, timeToLiveInMs } from './retry-schedule.js';

export interface DeliveryQueueOptions {
  timeScale: number;
  parallel: number;
  answerWaitInMs: number;
  schema: EventSchema;
  /** Default the service's 30. */
  maxAttempts?: number;
  /** Default the service's day. */
  timeToLiveInMs?: number;
  disturbance: Disturbance;
  /** Absent: events that are given up are dropped. */
  deadLetters?: DeadLetters;
  random: () => number;
  log: (line: string) => void;
}

export interface DeliveryQueue {
  readonly tally: DeliveryTally;
  take(event: GridEvent): void;
  /** Where to deliver from now on; undefined: events wait. */
  direct(url: string | undefined): void;
  close(): Promise<void>;
}

interface Delivery {
  event: GridEvent;
  attempts: number;
  publishedAt: Date;
  firstTriedAt?: number;
  lastAttemptAt?: Date;
  lastOutcome?: DeliveryOutcome | 'Probation';
}

/** Delivers events at least once, a bounded number at a time, each on its own retry schedule: no order is promised. */
export const createDeliveryQueue = (options: DeliveryQueueOptions): DeliveryQueue => {
  const { timeScale, random, log, answerWaitInMs, schema, disturbance, deadLetters } = options;
  const maxAttempts = options.maxAttempts ?? maxDeliveryAttempts;
  const lifetimeInMs = (options.timeToLiveInMs ?? timeToLiveInMs) * timeScale;
  const tally = createDeliveryTally();
  const probation = createProbation(timeScale);
  const limit = pLimit(options.parallel);
  const timers = new Set<NodeJS.Timeout>();
  const running = new Set<Promise<void>>();
  const closing = new AbortController();
  let target: string | undefined;
  let waiting: Delivery[] = [];

  const giveUp = (delivery: Delivery, reason: DropReason): void => {
    const { event, attempts, publishedAt, lastAttemptAt, lastOutcome = 'NotAttempted' } = delivery;
    deadLetters?.add({ event, reason, attempts, lastOutcome, publishedAt, lastAttemptAt });
    const what = deadLetters === undefined ? 'dropped' : 'dead-lettered';
    log(`event grid: ${what} ${event.eventType} of ${event.subject} after ${attempts} attempts: ${reason}`);
    tally.gaveUp(reason);
  };

  /** The service, too, looks at the time to live only when the next attempt is due. */
  const isOverdue = (delivery: Delivery): boolean => {
    delivery.firstTriedAt ??= Date.now();
    return Date.now() - delivery.firstTriedAt > lifetimeInMs;
  };

  const attempt = async (delivery: Delivery): Promise<void> => {
    if (closing.signal.aborted) return;
    if (target === undefined) {
      waiting.push(delivery);
      return;
    }
    if (isOverdue(delivery)) {
      giveUp(delivery, 'TimeToLiveExceeded');
      return;
    }
    const heldBackForInMs = probation.remainingInMs();
    if (heldBackForInMs > 0) {
      delivery.lastOutcome = 'Probation';
      startAfter(delivery, heldBackForInMs);
      return;
    }
    delivery.lastAttemptAt = new Date();
    const { outcome } = await postToWebhook(target, delivery.event, {
      type: 'Notification',
      deliveryCount: delivery.attempts,
      schema,
      signal: closing.signal,
      waitInMs: answerWaitInMs,
    });
    if (!closing.signal.aborted) settle(delivery, outcome);
  };

  const settle = (delivery: Delivery, outcome: DeliveryOutcome): void => {
    delivery.attempts += 1;
    delivery.lastOutcome = outcome;
    if (outcome === 'Delivered') {
      probation.clear();
      tally.done();
      return;
    }
    probation.failed(outcome);
    if (isFinal(outcome)) giveUp(delivery, outcome);
    else if (delivery.attempts >= maxAttempts) giveUp(delivery, 'MaxDeliveryAttemptsExceeded');
    else {
      tally.failed();
      startAfter(delivery, retryDelayInMs(delivery.attempts, timeScale, random(), outcome));
    }
  };

  const start = (delivery: Delivery): void => {
    const run = limit(() => attempt(delivery)).finally(() => running.delete(run));
    running.add(run);
  };

  const startAfter = (delivery: Delivery, waitInMs: number): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      start(delivery);
    }, waitInMs);
    timers.add(timer);
  };

  return {
    tally,
    take: (event) => {
      for (const copy of disturbance.copies(event)) {
        tally.taken();
        const delivery = { event: copy, attempts: 0, publishedAt: new Date() };
        disturbance.hold(() => start(delivery));
      }
    },
    direct: (url) => {
      target = url;
      probation.clear();
      if (url === undefined) return;
      const ready = waiting;
      waiting = [];
      for (const delivery of ready) start(delivery);
    },
    close: async () => {
      closing.abort();
      disturbance.close();
      for (const timer of timers) clearTimeout(timer);
      await Promise.all([...running, deadLetters?.close()]);
    },
  };
};
