import { FailoverRefusedError } from './failover-refused-error.js';

/** "IoT Hub high availability and disaster recovery": two successful failovers and two failbacks a day, an hour between two. */
const perDay = 2;
const hourInMs = 3_600_000;
const dayInMs = 24 * hourInMs;

type Direction = 'failover' | 'failback';

export interface FailoverLimits {
  /** Throws FailoverRefusedError `tooSoon` or `dailyLimit`. */
  check(direction: Direction): void;
  succeeded(direction: Direction): void;
}

/** The last 24 hours by `now`, milliseconds since 1970. */
export const createFailoverLimits = (now: () => number): FailoverLimits => {
  let successes: { direction: Direction; at: number }[] = [];
  return {
    check: (direction) => {
      successes = successes.filter(({ at }) => now() - at < dayInMs);
      const last = successes.at(-1);
      if (last !== undefined && now() - last.at < hourInMs)
        throw new FailoverRefusedError('tooSoon', 'Wait an hour between two failovers of an IoT hub.');
      if (successes.filter((each) => each.direction === direction).length >= perDay)
        throw new FailoverRefusedError('dailyLimit', `At most ${perDay} ${direction}s of an IoT hub a day.`);
    },
    succeeded: (direction) => void successes.push({ direction, at: now() }),
  };
};
