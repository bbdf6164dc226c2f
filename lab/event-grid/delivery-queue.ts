import pLimit from 'p-limit';
import { createDeliveryTally, type DeliveryTally, type DropReason } from './delivery-counters.js';
import type { GridEvent } from './grid-event.js';
import { isFinal, postToWebhook } from './post-to-webhook.js';
import { retryDelayInMs, timeToLiveInMs } from './retry-schedule.js';

export interface DeliveryQueueOptions {
  timeScale: number;
  parallel: number;
  answerWaitInMs: number;
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
  firstAttemptAt?: number;
}

/** Delivers events at least once, a bounded number at a time, each on its own retry schedule: no order is promised. */
export const createDeliveryQueue = (options: DeliveryQueueOptions): DeliveryQueue => {
  const { timeScale, random, log, answerWaitInMs } = options;
  const tally = createDeliveryTally();
  const limit = pLimit(options.parallel);
  const timers = new Set<NodeJS.Timeout>();
  const running = new Set<Promise<void>>();
  const closing = new AbortController();
  let target: string | undefined;
  let waiting: Delivery[] = [];

  const drop = ({ event, attempts }: Delivery, reason: DropReason): void => {
    tally.gaveUp(reason);
    log(`event grid: dropped ${event.eventType} of ${event.subject} after ${attempts} attempts: ${reason}`);
  };

  const isOverdue = (delivery: Delivery): boolean => {
    delivery.firstAttemptAt ??= Date.now();
    return Date.now() - delivery.firstAttemptAt > timeToLiveInMs * timeScale;
  };

  const attempt = async (delivery: Delivery): Promise<void> => {
    if (closing.signal.aborted) return;
    if (target === undefined) {
      waiting.push(delivery);
      return;
    }
    // The service, too, looks at the time to live only when the next attempt is due.
    if (isOverdue(delivery)) {
      drop(delivery, 'TimeToLiveExceeded');
      return;
    }
    const { outcome } = await postToWebhook(target, delivery.event, {
      type: 'Notification',
      deliveryCount: delivery.attempts,
      signal: closing.signal,
      waitInMs: answerWaitInMs,
    });
    if (closing.signal.aborted) return;
    delivery.attempts += 1;
    if (outcome === 'Delivered') tally.done();
    else if (isFinal(outcome)) drop(delivery, outcome);
    else again(delivery);
  };

  const start = (delivery: Delivery): void => {
    const run = limit(() => attempt(delivery)).finally(() => running.delete(run));
    running.add(run);
  };

  const again = (delivery: Delivery): void => {
    tally.failed();
    const wait = retryDelayInMs(delivery.attempts, timeScale, random());
    const timer = setTimeout(() => {
      timers.delete(timer);
      start(delivery);
    }, wait);
    timers.add(timer);
  };

  return {
    tally,
    take: (event) => {
      tally.taken();
      start({ event, attempts: 0 });
    },
    direct: (url) => {
      target = url;
      if (url === undefined) return;
      const ready = waiting;
      waiting = [];
      for (const delivery of ready) start(delivery);
    },
    close: async () => {
      closing.abort();
      for (const timer of timers) clearTimeout(timer);
      await Promise.all(running);
    },
  };
};
