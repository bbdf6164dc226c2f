import type { Clock } from '../../clock.js';

/** Lets one caller through per `1000 / perSecond` milliseconds, in the order they came. An idle time is not saved up. */
export const createPace = (perSecond: number, clock: Clock): (() => Promise<void>) => {
  const intervalInMs = 1000 / perSecond;
  let nextAt = -Infinity;
  return async () => {
    const now = clock.monotonicInMs();
    const mine = Math.max(now, nextAt);
    nextAt = mine + intervalInMs;
    if (mine > now) {
      await clock.sleep(mine - now);
    }
  };
};
