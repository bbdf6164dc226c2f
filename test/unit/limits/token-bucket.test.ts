import { array, assert, integer, nat, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TrafficShaping } from '../../../lab/contracts.js';
import { fullBucket, takeFrom, type Bucket, type BucketRule } from '../../../lab/hub/limits/token-bucket.js';

const shaping: TrafficShaping = { burstInSeconds: 2, maxDelayInMs: 1000, maxQueued: 3, refusal: 'atOnce' };
const rule: BucketRule = { limitPerSecond: 10, shaping };

/** Takes once for each entry of `at`; what waits is not counted as queued unless told. */
function takeAll(at: number[], more: { rule?: BucketRule; units?: number; queued?: number } = {}) {
  const { rule: asked = rule, units = 1, queued = 0 } = more;
  let bucket: Bucket = fullBucket(asked, 0);
  return at.map((nowInMs) => {
    const taken = takeFrom(bucket, asked, { units, nowInMs, queued });
    bucket = taken.bucket;
    return taken.verdict;
  });
}
const times = (count: number, at = 0): number[] => Array.from({ length: count }, () => at);

describe('takeFrom', () => {
  it('lets a burst pass, then queues at the rate of the limit, then refuses with 429001', () => {
    const verdicts = takeAll(times(33));
    expect(verdicts.slice(0, 20)).toEqual(times(20).map(() => ({ kind: 'pass', delayInMs: 0 })));
    expect(verdicts.slice(20, 30)).toEqual(
      [100, 200, 300, 400, 500, 600, 700, 800, 900, 1000].map((delayInMs) => ({ kind: 'pass', delayInMs })),
    );
    const refused = { kind: 'refuse', errorName: 'ThrottlingException', delayInMs: 0 };
    expect(verdicts.slice(30)).toEqual([refused, refused, refused]);
  });

  it('takes nothing for a refusal: the next one is queued as soon as there is room', () => {
    const verdicts = takeAll([...times(31), 99, 100]);
    expect(verdicts.slice(30).map(({ kind }) => kind)).toEqual(['refuse', 'refuse', 'pass']);
  });

  it('refuses with 429002 when too many wait, however short it would be', () => {
    const verdicts = takeAll(times(21), { queued: 3 });
    expect(verdicts[19]).toEqual({ kind: 'pass', delayInMs: 0 });
    expect(verdicts[20]).toEqual({ kind: 'refuse', errorName: 'ThrottleBacklogLimitExceeded', delayInMs: 0 });
  });

  it('refuses with 429003 after the wait, when asked to', () => {
    const late: BucketRule = { ...rule, shaping: { ...shaping, refusal: 'afterWaiting' } };
    expect(takeAll(times(31), { rule: late }).at(-1)).toEqual({
      kind: 'refuse',
      errorName: 'ThrottlingBacklogTimeout',
      delayInMs: 1000,
    });
  });

  it('saves up no more than the burst', () => {
    const verdicts = takeAll([...times(20), ...times(21, 3_600_000)]);
    expect(verdicts.slice(20, 40).every(({ delayInMs }) => delayInMs === 0)).toBe(true);
    expect(verdicts[40]).toEqual({ kind: 'pass', delayInMs: 100 });
  });

  it('lets a call larger than the burst pass from a full bucket only, and makes the next one wait for it', () => {
    const wide: BucketRule = { ...rule, shaping: { ...shaping, maxDelayInMs: 60_000 } };
    const verdicts = takeAll([0, 0], { rule: wide, units: 50 });
    // 30 units of debt, then 20 of a full bucket: 50 at 10 a second.
    expect(verdicts).toEqual([
      { kind: 'pass', delayInMs: 0 },
      { kind: 'pass', delayInMs: 5000 },
    ]);
  });

  it('never lets more pass than the limit and one burst, whatever comes when', () => {
    const calls = array(record({ gap: nat(400), units: integer({ min: 1, max: 5 }) }), { maxLength: 200 });
    assert(
      property(calls, (list) => {
        let bucket = fullBucket(rule, 0);
        let nowInMs = 0;
        const passed: { at: number; units: number }[] = [];
        for (const { gap, units } of list) {
          nowInMs += gap;
          const taken = takeFrom(bucket, rule, { units, nowInMs, queued: 0 });
          bucket = taken.bucket;
          if (taken.verdict.kind === 'pass') passed.push({ at: nowInMs + taken.verdict.delayInMs, units });
        }
        passed.sort((a, b) => a.at - b.at);
        let sum = 0;
        for (const { at, units } of passed) {
          sum += units;
          expect(sum).toBeLessThanOrEqual(20 + at / 100 + 1e-3);
        }
      }),
    );
  });
});
