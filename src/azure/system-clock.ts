import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../clock.js';

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => new Date(),
  monotonicInMs: () => performance.now(),
  sleep: async (ms, options) => {
    const signal = options?.abortSignal;
    try {
      await sleep(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  },
};
