import { setTimeout as delay } from 'node:timers/promises';

/** Work that a stopping host still waits for. */
export interface InFlight {
  readonly count: number;
  /** `work` must not reject: whoever starts it deals with its errors. */
  add(work: Promise<void>): void;
  /** Resolves when any of them has ended; at once when there is none. */
  any(): Promise<void>;
  /** Resolves when all have ended; false when that takes longer than `limitInMs`. */
  drained(limitInMs: number): Promise<boolean>;
}

export function createInFlight(): InFlight {
  const running = new Set<Promise<void>>();
  return {
    get count() {
      return running.size;
    },
    add(work) {
      const tracked: Promise<void> = work.finally(() => running.delete(tracked));
      running.add(tracked);
    },
    async any() {
      if (running.size > 0) await Promise.race(running);
    },
    async drained(limitInMs) {
      const timer = new AbortController();
      const all = Promise.all(running).then(() => true);
      const late = delay(limitInMs, false, { signal: timer.signal, ref: false }).catch(() => false);
      try {
        return await Promise.race([all, late]);
      } finally {
        timer.abort();
      }
    },
  };
}
