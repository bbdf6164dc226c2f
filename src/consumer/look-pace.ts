import { pause } from './pauses.js';

/**
 * Of all looks of a processor at its endpoints. The service answers some 50 such questions a second and namespace, for all processes
 * and with those of the SDK's own balancing (Event Hubs quotas, "runtime information").
 */
const questionIntervalInMs = 100;
const drainLookInMs = 500;

/** Turns that are never closer to each other than the interval. Resolves to false when the signal aborts before one comes. */
export type LookPace = (signal: AbortSignal) => Promise<boolean>;

export function createLookPace(nowInMs: () => number, wait: typeof pause = pause): LookPace {
  let nextInMs = -Infinity;
  return async (signal) => {
    const now = nowInMs();
    const turnInMs = Math.max(now, nextInMs);
    nextInMs = turnInMs + questionIntervalInMs;
    if (turnInMs > now) await wait(turnInMs - now, signal);
    return !signal.aborted;
  };
}

/** From the end of one look to the next: more often while a generation drains, but not more often than so many questions take. */
export const lookIntervalInMs = (isRunning: boolean, lookInMs: number, questions: number): number =>
  isRunning ? lookInMs : Math.min(lookInMs, Math.max(drainLookInMs, questions * questionIntervalInMs));
