import type { Random } from './ports.js';

export interface RetryDelayOptions {
  /** 1 is the first repetition. */
  attempt: number;
  /** `quick`: 1 s doubling up to 10 minutes. `slow`, for what was refused: 10 minutes doubling up to 6 hours. */
  pace: 'quick' | 'slow';
  random: Random;
  /** What the other side asked us to wait; the delay is never shorter. */
  retryAfterInMs?: number | undefined;
}

const paces = {
  quick: { firstInMs: 1_000, maxInMs: 10 * 60_000, floorInMs: 500 },
  slow: { firstInMs: 10 * 60_000, maxInMs: 6 * 3_600_000, floorInMs: 5 * 60_000 },
};

/** "Put message": the visibility timeout is at most 7 days. A longer wait looks again on the way. */
export const maxDelayInMs = 7 * 24 * 3_600_000;

/** Exponential, with full jitter above a floor, so that neither a crowd comes back at once nor a single one spins. */
export const retryDelayInMs = ({ attempt, pace, random, retryAfterInMs = 0 }: RetryDelayOptions): number => {
  const { firstInMs, maxInMs, floorInMs } = paces[pace];
  const ceilingInMs = Math.min(maxInMs, firstInMs * 2 ** Math.min(attempt - 1, 30));
  const jittered = floorInMs + Math.floor(random() * (ceilingInMs - floorInMs));
  return Math.min(maxDelayInMs, Math.max(jittered, retryAfterInMs));
};

/** How long until `at`, as far as a queue can wait; a second at least, so that clocks a little apart do not make it spin. */
export const followUpDelayInMs = (now: Date, at: Date): number =>
  Math.min(maxDelayInMs, Math.max(1_000, at.getTime() - now.getTime()));
