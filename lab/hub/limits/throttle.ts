import type { LimitClock, ThrottleCount } from '../../contracts.js';
import { HubError } from '../core/errors.js';
import { fullBucket, takeFrom, type BucketRule } from './token-bucket.js';

export interface Throttle {
  /** Waits as long as the limit asks. Throws 429001, 429002 or 429003. */
  admit(units: number): Promise<void>;
  count(): ThrottleCount;
}

const messages = {
  ThrottlingException: 'Throttled: too many requests',
  ThrottleBacklogLimitExceeded: 'Throttled: the backlog of requests is full',
  ThrottlingBacklogTimeout: 'Throttling backlog element expired. Wait 10 seconds and try again',
} as const;

/** One throttle of one hub; without a rule it only counts. */
export function createThrottle(rule: BucketRule | undefined, clock: LimitClock): Throttle {
  let bucket = rule && fullBucket(rule, clock.monotonicInMs());
  let queued = 0;
  const counted = { calls: 0, delayed: 0, refused: 0, passedUnits: 0 };

  let passed: Promise<unknown> = Promise.resolve();

  /** Timers of different lengths may fire out of order on a busy machine: whoever came first passes first. */
  const inOrder = async (delayInMs: number): Promise<void> => {
    const before = passed;
    const turn = clock.sleep(delayInMs).then(() => before);
    passed = turn.catch(() => undefined);
    await turn;
  };
  const wait = async (delayInMs: number, passes: boolean): Promise<void> => {
    counted.delayed += 1;
    queued += 1;
    try {
      await (passes ? inOrder(delayInMs) : clock.sleep(delayInMs));
    } finally {
      queued -= 1;
    }
  };

  return {
    admit: async (units) => {
      counted.calls += 1;
      if (rule !== undefined && bucket !== undefined) {
        const taken = takeFrom(bucket, rule, { units, nowInMs: clock.monotonicInMs(), queued });
        bucket = taken.bucket;
        const { verdict } = taken;
        if (verdict.kind === 'refuse') counted.refused += 1;
        if (verdict.delayInMs > 0) await wait(verdict.delayInMs, verdict.kind === 'pass');
        if (verdict.kind === 'refuse') throw new HubError(verdict.errorName, messages[verdict.errorName]);
      }
      counted.passedUnits += units;
    },
    count: () => ({ limitPerSecond: rule?.limitPerSecond, ...counted }),
  };
}
