/** What this instance has done since it started. Counting is all it does: nothing is decided from these numbers. */
export interface Counters {
  applied(n: number): void;
  coalesced(n: number): void;
  skipped(reason: string, n?: number): void;
  /** Age of the last applied change, milliseconds from its operation to its copy. */
  lag(inMs: number): void;
  /** A partition waits, and since when its oldest unfinished event is due. `undefined`: it goes on. */
  held(partition: string, hold: { reason: string; oldest: Date } | undefined): void;
  /** `now`: what waits grows older without anything being applied. */
  read(now: Date): CounterValues;
}

interface CounterValues {
  applied: number;
  coalesced: number;
  skipped: Record<string, number>;
  /** Partitions that wait, by reason. */
  held: Record<string, number>;
  /** Of the last applied change, or of the oldest event that waits if that is more. `undefined` before the first of either. */
  lagInMs: number | undefined;
}

export function createCounters(): Counters {
  let applied = 0;
  let coalesced = 0;
  let lagInMs: number | undefined;
  const skipped = new Map<string, number>();
  const holds = new Map<string, { reason: string; oldest: Date }>();
  return {
    applied: (n) => void (applied += n),
    coalesced: (n) => void (coalesced += n),
    skipped: (reason, n = 1) => add(skipped, reason, n),
    lag: (inMs) => void (lagInMs = Math.max(0, Math.round(inMs))),
    held: (partition, hold) => void (hold ? holds.set(partition, hold) : holds.delete(partition)),
    read(now) {
      const held = new Map<string, number>();
      for (const { reason } of holds.values()) add(held, reason, 1);
      const ages = [...holds.values()].map(({ oldest }) => Math.max(0, now.getTime() - oldest.getTime()));
      return {
        applied,
        coalesced,
        skipped: Object.fromEntries(skipped),
        held: Object.fromEntries(held),
        lagInMs: lagInMs === undefined && ages.length === 0 ? undefined : Math.max(lagInMs ?? 0, ...ages),
      };
    },
  };
}

const add = (counts: Map<string, number>, name: string, n: number): void =>
  void counts.set(name, (counts.get(name) ?? 0) + n);
