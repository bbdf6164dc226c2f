import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../../../src/clock.js';

export interface ManualClock extends Clock {
  /** Wakes every sleeper that is due on the way, in order, and lets what follows from it run. */
  pass(ms: number): Promise<void>;
  readonly sleepers: number;
}

/** A clock whose sleepers sleep until time is passed by hand. */
export function aManualClock(): ManualClock {
  let now = 0;
  const sleepers = new Set<{ at: number; wake: () => void }>();
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 3; turn += 1) await setImmediate();
  };
  return {
    now: () => new Date(Date.parse('2026-01-01T00:00:00Z') + now),
    monotonicInMs: () => now,
    sleep: (ms, options) =>
      new Promise((resolve, reject) => {
        const signal = options?.abortSignal;
        const sleeper = { at: now + ms, wake: resolve };
        const cancel = (): void => {
          sleepers.delete(sleeper);
          reject(signal?.reason as Error);
        };
        if (signal?.aborted) return cancel();
        signal?.addEventListener('abort', cancel, { once: true });
        return void sleepers.add(sleeper);
      }),
    pass: async (ms) => {
      await settle();
      for (const end = now + ms; ;) {
        const [next] = [...sleepers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (!next) {
          now = end;
          return settle();
        }
        now = Math.max(now, next.at);
        sleepers.delete(next);
        next.wake();
        await settle();
      }
    },
    get sleepers() {
      return sleepers.size;
    },
  };
}
