import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves after the time, or as soon as the signal aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** `undefined` when the work has not ended in time; what it does later is passed over. */
export async function within<T>(ms: number, work: Promise<T>): Promise<{ value: T } | undefined> {
  const stopped = new AbortController();
  // A rejection that comes after the deadline belongs to nobody any more.
  const outcome = work.then((value) => ({ value }));
  try {
    return await Promise.race([outcome, pause(ms, stopped.signal).then(() => undefined)]);
  } finally {
    stopped.abort();
  }
}

/** From `firstInMs`, doubled each time, up to `limitInMs`. */
export const growing = (attempt: number, firstInMs: number, limitInMs: number): number =>
  Math.min(limitInMs, firstInMs * 2 ** Math.min(attempt - 1, 20));
