const randomizationFactor = 0.2;

/**
 * The WebJobs SDK's RandomizedExponentialBackoffStrategy, used both for polling a queue and for `exponentialBackoff` retries:
 * the minimum first, then minimum + (0.8..1.2) * minimum * 2^n, at most the maximum.
 */
export function createBackoff(minimumInMs: number, maximumInMs: number, random: () => number = Math.random) {
  let currentInMs: number | undefined;
  let exponent = 0;
  return {
    /** The next delay in ms. `succeeded`: something was found since the last call, so that the ladder starts again. */
    next(succeeded: boolean): number {
      if (succeeded) {
        currentInMs = minimumInMs;
        exponent = 1;
        return Math.min(currentInMs, maximumInMs);
      }
      if (currentInMs === maximumInMs) return currentInMs;
      const spread = 1 - randomizationFactor + random() * 2 * randomizationFactor;
      const wanted = exponent === 0 ? minimumInMs : minimumInMs + spread * 2 ** (exponent - 1) * minimumInMs;
      exponent += 1;
      currentInMs = Math.min(wanted, maximumInMs);
      return currentInMs;
    },
  };
}
