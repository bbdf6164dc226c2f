import type { DeliveryOutcome } from './post-to-webhook.js';

/** Why an event was given up: a final answer, or the end of its time to live or of its attempts. */
export type DropReason = DeliveryOutcome | 'TimeToLiveExceeded' | 'MaxDeliveryAttemptsExceeded';

export interface DeliveryCounters {
  /** Events neither delivered nor dropped yet, those that wait for a webhook included. */
  readonly pending: number;
  readonly delivered: number;
  readonly dropped: number;
  /** Attempts that failed and were or will be tried again. */
  readonly retried: number;
  readonly droppedBy: Readonly<Partial<Record<DropReason, number>>>;
}

export interface DeliveryTally extends DeliveryCounters {
  taken(): void;
  failed(): void;
  done(): void;
  gaveUp(reason: DropReason): void;
  /** Resolves when nothing is pending. */
  idle(): Promise<void>;
}

export const createDeliveryTally = (): DeliveryTally => {
  const droppedBy: Partial<Record<DropReason, number>> = {};
  let [pending, delivered, dropped, retried] = [0, 0, 0, 0];
  let waiting: (() => void)[] = [];
  const settle = (): void => {
    pending -= 1;
    if (pending > 0) return;
    for (const wake of waiting) wake();
    waiting = [];
  };
  return {
    get pending() {
      return pending;
    },
    get delivered() {
      return delivered;
    },
    get dropped() {
      return dropped;
    },
    get retried() {
      return retried;
    },
    droppedBy,
    taken: () => {
      pending += 1;
    },
    failed: () => {
      retried += 1;
    },
    done: () => {
      delivered += 1;
      settle();
    },
    gaveUp: (reason) => {
      dropped += 1;
      droppedBy[reason] = (droppedBy[reason] ?? 0) + 1;
      settle();
    },
    idle: () => (pending === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  };
};
