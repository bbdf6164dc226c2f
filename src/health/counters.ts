/** What this instance has done since it started. Counting is all it does: nothing is decided from these numbers. */
export interface Counters {
  applied(n: number): void;
  coalesced(n: number): void;
  skipped(reason: string, n?: number): void;
  /** Age of the last applied change, milliseconds from its operation to its copy. */
  lag(inMs: number): void;
  read(): CounterValues;
}

interface CounterValues {
  applied: number;
  coalesced: number;
  skipped: Record<string, number>;
  /** `undefined` before the first applied change. */
  lagInMs: number | undefined;
}

export function createCounters(): Counters {
  let applied = 0;
  let coalesced = 0;
  let lagInMs: number | undefined;
  const skipped = new Map<string, number>();
  return {
    applied: (n) => void (applied += n),
    coalesced: (n) => void (coalesced += n),
    skipped: (reason, n = 1) => void skipped.set(reason, (skipped.get(reason) ?? 0) + n),
    lag: (inMs) => void (lagInMs = Math.max(0, Math.round(inMs))),
    read: () => ({ applied, coalesced, skipped: Object.fromEntries(skipped), lagInMs }),
  };
}
