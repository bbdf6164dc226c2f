import type { LimitMetrics, ThrottleKind } from '../../contracts.js';

/** How much of a throttle was used between two looks at it: 1 is all, more is a burst. NaN where there is no throttle or no time. */
export function usedShare(kind: ThrottleKind, from: LimitMetrics, to: LimitMetrics): number {
  const [before, after] = [from.throttles[kind], to.throttles[kind]];
  const allowed = ((after.limitPerSecond ?? Number.NaN) * (to.atInMs - from.atInMs)) / 1000;
  return (after.passedUnits - before.passedUnits) / allowed;
}
