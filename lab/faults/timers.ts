import { setTimeout as sleep } from 'node:timers/promises';

/** Time as faults see it: injected, so that tests need not wait. */
export interface FaultTimers {
  sleep(ms: number): Promise<void>;
  /** Runs `action` once after `ms`; the returned function cancels it. */
  after(ms: number, action: () => void): () => void;
}

export const realTimers: FaultTimers = {
  sleep: (ms) => sleep(ms, undefined, { ref: false }),
  after: (ms, action) => {
    const timer = setTimeout(action, ms).unref();
    return () => clearTimeout(timer);
  },
};
