/** Time as the rooms see it. `monotonicInMs` never jumps (ages, deadlines); `now` is wall-clock time (stamps in documents). */
export interface Clock {
  now(): Date;
  monotonicInMs(): number;
  /** Resolves after `ms`, rejects with the signal's reason when it is aborted. */
  sleep(ms: number, options?: { abortSignal?: AbortSignal }): Promise<void>;
}
