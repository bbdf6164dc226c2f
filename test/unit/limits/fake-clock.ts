import type { LimitClock } from '../../../lab/contracts.js';

export interface FakeClock extends LimitClock {
  /** Time passes; what sleeps until then wakes in its order. */
  pass(ms: number): Promise<void>;
  setNow(time: string): void;
}

/** Time that passes only when told to. */
export function createFakeClock(): FakeClock {
  let elapsed = 0;
  let base = Date.parse('2026-03-01T12:00:00Z');
  let sleepers: { at: number; wake: () => void }[] = [];
  return {
    now: () => new Date(base + elapsed),
    monotonicInMs: () => elapsed,
    sleep: (ms) => new Promise((resolve) => sleepers.push({ at: elapsed + ms, wake: resolve })),
    pass: async (ms) => {
      elapsed += ms;
      const awake = sleepers.filter(({ at }) => at <= elapsed).sort((a, b) => a.at - b.at);
      sleepers = sleepers.filter(({ at }) => at > elapsed);
      for (const { wake } of awake) {
        wake();
        // Everything that waits for this one runs before the next wakes.
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
    },
    setNow: (time) => {
      base = Date.parse(time) - elapsed;
    },
  };
}
