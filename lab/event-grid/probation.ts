import type { DeliveryOutcome } from './post-to-webhook.js';

/** "Event Grid message delivery and retry", LastDeliveryOutcome: Probation. What the table does not name gets its shortest time. */
const secondsOf: Partial<Record<DeliveryOutcome, number>> = {
  Busy: 10,
  TimedOut: 10,
  SocketError: 30,
  NotFound: 300,
  Unauthorized: 300,
  Forbidden: 300,
};
const otherwiseInSeconds = 10;

/** The same page, "Delayed delivery": the first 10 events that fail. */
const failuresUntilProbation = 10;

/** An endpoint that fails again and again is left alone for a while, by retries and new events alike. */
export interface Probation {
  /** 0: deliver. */
  remainingInMs(): number;
  failed(outcome: DeliveryOutcome): void;
  /** A success, or another endpoint. */
  clear(): void;
}

export const createProbation = (timeScale: number): Probation => {
  let failures = 0;
  let until = 0;
  return {
    remainingInMs: () => Math.max(0, until - Date.now()),
    failed: (outcome) => {
      failures += 1;
      if (failures < failuresUntilProbation) return;
      until = Date.now() + (secondsOf[outcome] ?? otherwiseInSeconds) * 1000 * timeScale;
    },
    clear: () => {
      [failures, until] = [0, 0];
    },
  };
};
