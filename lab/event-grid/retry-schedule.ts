import type { DeliveryOutcome } from './post-to-webhook.js';

/** "Event Grid message delivery and retry": seconds to wait after the first, second, ... failed attempt; the last one repeats. */
const ladderInSeconds = [10, 30, 60, 300, 600, 1_800, 3_600, 10_800, 21_600, 43_200];

/** The same page, "Failure codes": 408 two minutes or more, 503 thirty seconds or more. (404: only of Azure resources.) */
const leastInSeconds: Partial<Record<DeliveryOutcome, number>> = { TimedOut: 120, Busy: 30 };

/** The service's default time to live. */
export const timeToLiveInMs = 24 * 60 * 60 * 1000;
/** The service's default; on this ladder it is never reached within a day. */
export const maxDeliveryAttempts = 30;

/** Event Grid "adds a small randomization to all retry steps": at most a tenth here. `random` is 0..1. */
export const retryDelayInMs = (
  failedAttempts: number,
  timeScale: number,
  random: number,
  outcome?: DeliveryOutcome,
): number => {
  const step = ladderInSeconds[Math.min(failedAttempts, ladderInSeconds.length) - 1] ?? 0;
  const least = (outcome && leastInSeconds[outcome]) ?? 0;
  return Math.max(step, least) * 1000 * timeScale * (1 + 0.1 * random);
};
