import { setTimeout as sleep } from 'node:timers/promises';
import type { SeededRandom } from '../seeded-random.js';

/** Something done again and again until it is stopped. */
export interface Activity {
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

/**
 * Runs `act` about every `intervalInMs` (half to one and a half, so that a fleet does not march in step), never twice at a time.
 * `act` must not reject: what fails is its own to count.
 */
export function repeat(intervalInMs: number, random: SeededRandom, act: () => Promise<void>): Activity {
  const stopped = new AbortController();
  const pause = (): Promise<boolean> =>
    sleep(intervalInMs * (0.5 + random.next()), true, { signal: stopped.signal }).catch(() => false);
  const running = (async () => {
    while (await pause()) await act();
  })();
  return {
    stop: () => {
      stopped.abort();
      return running;
    },
  };
}
