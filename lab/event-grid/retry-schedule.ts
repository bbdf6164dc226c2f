/** "Event Grid message delivery and retry": seconds to wait after the first, second, ... failed attempt; the last one repeats. */
const ladderInSeconds = [10, 30, 60, 300, 600, 1_800, 3_600, 10_800, 21_600, 43_200];

/** The service's default time to live. Its other limit, 30 attempts, is never reached on this ladder within a day. */
export const timeToLiveInMs = 24 * 60 * 60 * 1000;

/** Event Grid "adds a small randomization to all retry steps": at most a tenth here. `random` is 0..1. */
export const retryDelayInMs = (failedAttempts: number, timeScale: number, random: number): number => {
  const step = ladderInSeconds[Math.min(failedAttempts, ladderInSeconds.length) - 1] ?? 0;
  return step * 1000 * timeScale * (1 + 0.1 * random);
};
