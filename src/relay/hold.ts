import type { Clock } from '../clock.js';
import { isAppError, type ErrorCode } from '../errors.js';

export interface HoldOptions {
  clock: Clock;
  random: () => number;
  /** Told at each failed attempt, and with `undefined` when nothing waits any more. */
  onHold: (hold: { code: ErrorCode; attempts: number; forMs: number } | undefined) => void;
}

const FIRST_WAIT_IN_MS = 200;
const LONGEST_WAIT_IN_MS = 15_000;

/** Doubles from 200 ms to 15 s; the second half of each wait is left to chance, so that partitions do not come back all at once. */
export function waitAfter(attempts: number, random: () => number, retryAfterInMs = 0): number {
  const full = Math.min(LONGEST_WAIT_IN_MS, FIRST_WAIT_IN_MS * 2 ** Math.min(attempts - 1, 16));
  return Math.max(retryAfterInMs, full / 2 + (full / 2) * random());
}

/**
 * Does the work until it succeeds: what only has to wait is never given up. Rejects with what no repetition mends, and with the
 * signal's reason once it is aborted.
 */
export async function holdUntilDone<T>(
  work: () => Promise<T>,
  { clock, random, onHold }: HoldOptions,
  abortSignal: AbortSignal,
): Promise<T> {
  const startedAt = clock.monotonicInMs();
  let told = false;
  try {
    for (let attempts = 1; ; attempts += 1) {
      abortSignal.throwIfAborted();
      try {
        return await work();
      } catch (error) {
        abortSignal.throwIfAborted();
        if (!isAppError(error) || !error.retryable) throw error;
        told = true;
        onHold({ code: error.code, attempts, forMs: clock.monotonicInMs() - startedAt });
        await clock.sleep(waitAfter(attempts, random, error.retryAfterInMs), { abortSignal });
      }
    }
  } finally {
    // However it ends nothing waits here any more: a refusal after a wait and a partition that was let go are not held.
    if (told) onHold(undefined);
  }
}
