import { describe, expect, it } from 'vitest';
import type { HubErrorShape, HubLimits, ThrottleKind } from '../../../lab/contracts.js';
import { createHubLimits, type HubLimitOptions } from '../../../lab/hub/limits/hub-limits.js';
import { limitsOf } from '../../../lab/hub/limits/limits-of.js';
import { limitOf, throttleKinds } from '../../../lab/hub/limits/tiers.js';
import { usedShare } from '../../../lab/hub/limits/used-share.js';
import { createFakeClock } from './fake-clock.js';

function withClock(options: HubLimitOptions) {
  const clock = createFakeClock();
  return { clock, limits: createHubLimits({ ...options, clock }) };
}
const codeOf = async (call: Promise<unknown>): Promise<number> => {
  try {
    await call;
    return 0;
  } catch (error) {
    return (error as HubErrorShape).code;
  }
};
/** Ends when all are decided: time passes meanwhile. */
async function admitMany(limits: HubLimits, kind: ThrottleKind, count: number): Promise<Promise<number>[]> {
  return Array.from({ length: count }, () => codeOf(limits.admit(kind)));
}

describe('limits of the tiers', () => {
  it.each([
    ['S1', 1, { identity: 100 / 60, twinReads: 100, twinWrites: 50, connections: 100, d2c: 100, queries: 20 / 60 }],
    ['S1', 20, { identity: 2000 / 60, twinReads: 100, twinWrites: 50, connections: 240, d2c: 240, queries: 400 / 60 }],
    ['S2', 1, { identity: 100 / 60, twinReads: 100, twinWrites: 50, connections: 120, d2c: 120, queries: 20 / 60 }],
    [
      'S2',
      20,
      { identity: 2000 / 60, twinReads: 200, twinWrites: 100, connections: 2400, d2c: 2400, queries: 400 / 60 },
    ],
    [
      'S3',
      1,
      { identity: 5000 / 60, twinReads: 500, twinWrites: 250, connections: 6000, d2c: 6000, queries: 1000 / 60 },
    ],
    [
      'S3',
      2,
      { identity: 10000 / 60, twinReads: 1000, twinWrites: 500, connections: 12000, d2c: 12000, queries: 2000 / 60 },
    ],
  ] as const)('%s with %i units are those of the table', (tier, units, table) => {
    for (const kind of throttleKinds) expect([kind, limitOf(tier, units, kind)]).toEqual([kind, table[kind]]);
  });

  it.each([
    ['S1', 400_000],
    ['S2', 6_000_000],
    ['S3', 300_000_000],
    ['off', undefined],
  ] as const)('%s has its daily quota, for each unit', (tier, messages) => {
    expect(createHubLimits({ tier }).metrics().quota.limit).toBe(messages);
    expect(createHubLimits({ tier, units: 3 }).metrics().quota.limit).toBe(messages && messages * 3);
  });

  it('are given to both hubs or to one', () => {
    const limitAt = (role: 'primary' | 'secondary', options: Parameters<typeof limitsOf>[0]) =>
      limitsOf(options, role).metrics().throttles.twinWrites.limitPerSecond;
    expect(limitAt('primary', { tier: 'S1' })).toBe(50);
    expect(limitAt('primary', { tier: { secondary: 'S3' } })).toBeUndefined();
    expect(limitAt('secondary', { tier: { secondary: 'S3' }, units: { secondary: 2 } })).toBe(500);
  });
});

describe('throttles', () => {
  it('off: nothing waits, everything is counted', async () => {
    const { limits } = withClock({});
    for (let call = 0; call < 1000; call += 1) await limits.admit('identity');
    expect(limits.metrics().throttles.identity).toEqual({
      limitPerSecond: undefined,
      calls: 1000,
      delayed: 0,
      refused: 0,
      passedUnits: 1000,
    });
  });

  it('the third bulk call of 50 devices in a minute is refused with 429001 (S1, one unit)', async () => {
    const { clock, limits } = withClock({ tier: 'S1' });
    expect(await codeOf(limits.admit('identity', 50))).toBe(0);
    expect(await codeOf(limits.admit('identity', 50))).toBe(0);
    expect(await codeOf(limits.admit('identity', 50))).toBe(429001);
    await clock.pass(30_000);
    expect(await codeOf(limits.admit('identity', 50))).toBe(0);
  });

  it('queued requests pass in order at the rate of the limit, and other kinds do not wait for them', async () => {
    const { clock, limits } = withClock({ tier: 'S1', shaping: { burstInSeconds: 1 } });
    const passed: number[] = [];
    const calls = Array.from({ length: 60 }, (_, index) => limits.admit('twinWrites').then(() => passed.push(index)));
    await clock.pass(0);
    await limits.admit('twinReads');
    expect(passed).toHaveLength(50);
    await clock.pass(100);
    expect(passed).toHaveLength(55);
    await clock.pass(100);
    await Promise.all(calls);
    expect(passed).toEqual(Array.from({ length: 60 }, (_, index) => index));
    expect(limits.metrics().throttles.twinWrites).toMatchObject({ calls: 60, delayed: 10, refused: 0 });
  });

  it('a full queue answers 429002, and 429003 what it could not do in time', async () => {
    const full = withClock({ tier: 'S1', shaping: { burstInSeconds: 1, maxQueued: 5 } });
    const [first, second] = [await admitMany(full.limits, 'twinWrites', 55), full.limits.admit('twinWrites')];
    expect(await codeOf(second)).toBe(429002);
    await full.clock.pass(1000);
    expect(await Promise.all(first)).toEqual(first.map(() => 0));

    const slow = withClock({
      tier: 'S1',
      shaping: { burstInSeconds: 1, maxDelayInMs: 100, refusal: 'afterWaiting' },
    });
    const codes = await admitMany(slow.limits, 'twinWrites', 56);
    let decided = false;
    void codes[55]?.then(() => (decided = true));
    await slow.clock.pass(99);
    expect(decided).toBe(false);
    await slow.clock.pass(1);
    expect(await codes[55]).toBe(429003);
  });

  it('the used share is 1 while there is always work, and 0.5 with half of it', async () => {
    const { clock, limits } = withClock({ tier: 'S1', shaping: { burstInSeconds: 1, maxDelayInMs: 60_000 } });
    await Promise.all(await admitMany(limits, 'twinWrites', 50));
    const from = limits.metrics();
    const waiting = await admitMany(limits, 'twinWrites', 500);
    await clock.pass(10_000);
    await Promise.all(waiting);
    const middle = limits.metrics();
    expect(usedShare('twinWrites', from, middle)).toBeCloseTo(1, 5);
    for (let second = 0; second < 10; second += 1) {
      const half = await admitMany(limits, 'twinWrites', 25);
      await clock.pass(1000);
      await Promise.all(half);
    }
    expect(usedShare('twinWrites', middle, limits.metrics())).toBeCloseTo(0.5, 5);
    expect(usedShare('twinWrites', from, from)).toBeNaN();
  });
});

describe('the daily quota', () => {
  it('counts every 4 KB begun, and lets identity operations and connections go free', () => {
    const { limits } = withClock({ dailyMessages: 100 });
    const used = () => limits.metrics().quota.used;
    for (const [bytes, messages] of [
      [0, 1],
      [1, 1],
      [4096, 1],
      [4097, 2],
      [9000, 3],
    ] as const) {
      const before = used();
      limits.charge('twinReads', bytes);
      expect(used() - before).toBe(messages);
    }
    limits.charge('identity', 100_000);
    limits.charge('connections', 100_000);
    expect(used()).toBe(8);
  });

  it('used up, refuses everything that is charged until midnight UTC', async () => {
    const { clock, limits } = withClock({ dailyMessages: 2 });
    clock.setNow('2026-03-01T23:59:59.999Z');
    await limits.admit('twinWrites');
    limits.charge('twinWrites', 5000);
    for (const kind of ['twinReads', 'twinWrites', 'd2c', 'queries'] as const)
      expect([kind, await codeOf(limits.admit(kind))]).toEqual([kind, 403002]);
    expect(await codeOf(limits.admit('identity'))).toBe(0);
    expect(await codeOf(limits.admit('connections'))).toBe(0);
    expect(limits.metrics().quota).toEqual({ limit: 2, used: 2, refused: 4 });
    await clock.pass(1);
    expect(await codeOf(limits.admit('twinWrites'))).toBe(0);
    expect(limits.metrics().quota.used).toBe(0);
  });

  it('refuses what was queued when others used it up', async () => {
    const { clock, limits } = withClock({ tier: 'S1', dailyMessages: 100, shaping: { burstInSeconds: 1 } });
    const calls = await admitMany(limits, 'twinWrites', 51);
    limits.spendMessages(100);
    await clock.pass(1000);
    expect(await calls[50]).toBe(403002);
  });
});
