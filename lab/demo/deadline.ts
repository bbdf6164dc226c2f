import { DemoError } from './demo-error.js';
import { waitUntil } from './wait-until.js';

/** The time that the whole demo has. */
export interface Deadline {
  remainingInMs(): number;
  /** Resolves when `check` holds. Rejects with DemoError `limit` and what `missing` says when the time is over. */
  until(check: () => boolean | Promise<boolean>, missing: () => string): Promise<void>;
}

export const createDeadline = (limitInMs: number, abortSignal: AbortSignal): Deadline => {
  const end = performance.now() + limitInMs;
  const remainingInMs = (): number => Math.max(0, end - performance.now());
  return {
    remainingInMs,
    until: async (check, missing) => {
      const held = await waitUntil(async () => ((await check()) ? true : undefined), {
        limitInMs: remainingInMs(),
        everyInMs: 20,
        abortSignal,
      });
      if (held === undefined) throw new DemoError('limit', `the time is over: ${missing()}`);
    },
  };
};
