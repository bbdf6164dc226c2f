import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitOptions {
  limitInMs: number;
  /** How often to look (default 100). */
  everyInMs?: number;
  abortSignal?: AbortSignal;
}

/** Looks until `check` gives something else than undefined; resolves undefined when the limit passes first. Rejects with the reason of the abort. */
export const waitUntil = async <T>(
  check: () => T | undefined | Promise<T | undefined>,
  { limitInMs, everyInMs = 100, abortSignal }: WaitOptions,
): Promise<T | undefined> => {
  const start = performance.now();
  for (;;) {
    abortSignal?.throwIfAborted();
    const looked = performance.now();
    const found = await check();
    if (found !== undefined) return found;
    if (performance.now() - start >= limitInMs) return undefined;
    try {
      // A look that costs much is taken less often: most of the time belongs to what is waited for.
      const pauseInMs = Math.max(everyInMs, 4 * (performance.now() - looked));
      await sleep(pauseInMs, undefined, abortSignal === undefined ? {} : { signal: abortSignal });
    } catch (error) {
      // Node's own AbortError says nothing; the reason does.
      throw abortSignal?.reason ?? error;
    }
  }
};
