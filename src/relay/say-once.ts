import type { Clock } from '../clock.js';

/** Answers whether this text is to be said now: the same one at most once in the interval. Keeps a bounded number of texts. */
export function createSayOnce(clock: Clock, intervalInMs = 60_000, limit = 100): (text: string) => boolean {
  const saidInMs = new Map<string, number>();
  return (text) => {
    const now = clock.monotonicInMs();
    const last = saidInMs.get(text);
    if (last !== undefined && now - last < intervalInMs) return false;
    saidInMs.delete(text);
    saidInMs.set(text, now);
    if (saidInMs.size > limit) {
      const [oldest] = saidInMs.keys();
      if (oldest !== undefined) saidInMs.delete(oldest);
    }
    return true;
  };
}
