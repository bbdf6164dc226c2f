import { setTimeout } from 'node:timers/promises';

/** Time as the rooms see it. `monotonicInMs` never jumps (ages, deadlines); `now` is wall-clock time (stamps in documents). */
export interface Clock {
  now(): Date;
  monotonicInMs(): number;
  /** Resolves after `ms`, rejects with the signal's reason when it is aborted. */
  sleep(ms: number, options?: { abortSignal?: AbortSignal }): Promise<void>;
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicInMs: () => performance.now(),
  sleep: (ms, options) => setTimeout(ms, undefined, options?.abortSignal ? { signal: options.abortSignal } : {}),
};
