import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reserve, type Bucket } from '../../../src/pacing/token-bucket.js';

const rate = { perSecond: 10, burst: 5 };
const full: Bucket = { tokens: 5, atInMs: 0 };

describe('reserve', () => {
  it('lets a burst through at once, and then one at a time', () => {
    let bucket = full;
    const waits = Array.from({ length: 8 }, () => {
      const turn = reserve(bucket, rate, { amount: 1, nowInMs: 0, maxWaitInMs: 1000 });
      bucket = turn.bucket;
      return turn.waitInMs;
    });
    expect(waits).toEqual([0, 0, 0, 0, 0, 100, 200, 300]);
  });

  it('refuses what would wait too long, takes nothing for it and tells how long it would have been', () => {
    const refused = reserve({ tokens: -9, atInMs: 0 }, rate, { amount: 1, nowInMs: 0, maxWaitInMs: 999 });
    expect(refused).toEqual({ kind: 'refused', bucket: { tokens: -9, atInMs: 0 }, waitInMs: 1000 });
  });

  it('never grants anything that waits at a rate of nothing', () => {
    const none = { perSecond: 0, burst: 1 };
    expect(reserve({ tokens: 0, atInMs: 0 }, none, { amount: 1, nowInMs: 9e9, maxWaitInMs: 1e9 }).kind).toBe('refused');
  });

  it('grants no more in any time than the burst and the rate, whoever asks when', () => {
    const steps = fc.array(
      fc.record({ passInMs: fc.integer({ min: -50, max: 500 }), amount: fc.integer({ min: 1, max: 3 }) }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(steps, (steps) => {
        let bucket = full;
        let nowInMs = 0;
        const grants: { atInMs: number; amount: number }[] = [];
        for (const { passInMs, amount } of steps) {
          nowInMs += passInMs;
          const turn = reserve(bucket, rate, { amount, nowInMs, maxWaitInMs: 2000 });
          bucket = turn.bucket;
          if (turn.kind === 'granted') grants.push({ atInMs: bucket.atInMs + turn.waitInMs, amount });
        }
        for (const from of grants)
          for (const to of grants) {
            if (to.atInMs < from.atInMs) continue;
            const granted = grants
              .filter(({ atInMs }) => atInMs >= from.atInMs && atInMs <= to.atInMs)
              .reduce((sum, { amount }) => sum + amount, 0);
            // A call of several units goes when its last unit is there.
            const most = rate.burst + ((to.atInMs - from.atInMs) * rate.perSecond) / 1000 + 3;
            expect(granted).toBeLessThanOrEqual(most + 1e-6);
          }
      }),
    );
  });
});
