import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/errors.js';
import { createHubGate, type HubGate } from '../../../src/pacing/hub-gate.js';
import { createInstanceBudget } from '../../../src/pacing/instance-budget.js';
import { hubBudget } from '../../../src/pacing/tiers.js';
import { aClock, aLogger } from '../support/fakes.js';

function setUp({ messagesPerDay = 1000, standby = true } = {}) {
  const clock = aClock('2026-01-01T12:00:00.000Z');
  const logger = aLogger();
  const instance = createInstanceBudget({
    hub: 'secondary',
    instanceId: 'a',
    store: { report: async (_hub, row) => [row] },
    clock,
    messagesPerDay,
    countPartitions: () => 1,
  });
  const limits = { budget: hubBudget('S1', 1), throttleShare: 0.8, instance, isStandby: async () => standby };
  return { clock, logger, gate: createHubGate({ hub: 'secondary', clock, logger, limits }) };
}

const write = { lane: 'twinWrite', messages: 1, maxWaitInMs: 60_000 } as const;
const begin = { lane: 'identity', maxWaitInMs: 5000 } as const;
const enterTimes = async (gate: HubGate, times: number, cost: Parameters<HubGate['enter']>[0]) => {
  for (let i = 0; i < times; i += 1) await gate.enter(cost);
};

describe('the gate of a standby hub of tier S1', () => {
  it("lets the mirror's share of twin writes through: a second's worth, then 40 a second", async () => {
    const { clock, gate } = setUp();
    await enterTimes(gate, 40, write);
    expect(clock.monotonicInMs()).toBe(0);
    await enterTimes(gate, 400, write);
    expect(clock.monotonicInMs()).toBeGreaterThanOrEqual(9_900);
    expect(clock.monotonicInMs()).toBeLessThanOrEqual(10_100);
  });

  it('lets an identity wait for no longer than it asks, and then says when to come again', async () => {
    const { clock, gate } = setUp();
    const perSecond = (0.8 * 100) / 60;
    // Five seconds' worth are saved up.
    await enterTimes(gate, 6, begin);
    expect(clock.monotonicInMs()).toBe(0);
    const refused: unknown = await gate.enter({ ...begin, maxWaitInMs: 0 }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'hubThrottled', retryable: true, retryAfterInMs: 250 });
    await enterTimes(gate, 20, begin);
    expect(clock.monotonicInMs()).toBeCloseTo(((26 - 5 * perSecond) / perSecond) * 1000, 0);
  });

  it("holds quotaReserved when the mirror's messages of the day are used, and goes on with the next UTC day", async () => {
    const { clock, gate } = setUp({ messagesPerDay: 30 });
    await enterTimes(gate, 30, write);
    await expect(gate.enter(write)).rejects.toMatchObject({ code: 'quotaReserved', retryable: true });
    // Registry operations are not charged.
    await gate.enter(begin);
    clock.advance(12 * 3_600_000);
    await gate.enter(write);
  });

  it('counts what a call cost more than it entered with', async () => {
    const { gate } = setUp({ messagesPerDay: 30 });
    await gate.enter(write);
    gate.charge(29);
    await expect(gate.enter(write)).rejects.toMatchObject({ code: 'quotaReserved' });
  });

  it('takes nothing of the quota for a call that has no room in the pace', async () => {
    const { gate } = setUp({ messagesPerDay: 50 });
    await enterTimes(gate, 40, write);
    for (let i = 0; i < 20; i += 1)
      await expect(gate.enter({ ...write, maxWaitInMs: 0 })).rejects.toMatchObject({ code: 'hubThrottled' });
    await enterTimes(gate, 10, write);
    await expect(gate.enter(write)).rejects.toMatchObject({ code: 'quotaReserved' });
  });

  it('is closed after 403002 until the next UTC day, but for one call a minute, whose success opens it', async () => {
    const { clock, gate } = setUp();
    await gate.enter(write);
    gate.ended(new AppError('hubQuotaExceeded', '403002', { retryable: true }));
    await expect(gate.enter(write)).rejects.toMatchObject({ code: 'hubQuotaExceeded' });
    await gate.enter(begin);
    clock.advance(60_000);
    await gate.enter(write);
    await expect(gate.enter(write)).rejects.toMatchObject({ code: 'hubQuotaExceeded' });
    gate.ended();
    await gate.enter(write);
    gate.ended(new AppError('hubQuotaExceeded', '403002', { retryable: true }));
    clock.advance(12 * 3_600_000);
    await enterTimes(gate, 5, write);
  });

  it('halves the pace at a 429 and says so', async () => {
    const { clock, logger, gate } = setUp();
    await enterTimes(gate, 200, write);
    gate.refused('twinWrite');
    expect(logger.events).toMatchObject([{ id: 'pace.reduced', fields: { hub: 'secondary', lane: 'twinWrite' } }]);
    const before = clock.monotonicInMs();
    await enterTimes(gate, 20, write);
    expect(clock.monotonicInMs() - before).toBeGreaterThan(800);
    expect(clock.monotonicInMs() - before).toBeLessThan(1100);
  });

  it('paces nothing while its hub is the active one', async () => {
    const { clock, gate } = setUp({ standby: false, messagesPerDay: 1 });
    await enterTimes(gate, 1000, write);
    expect(clock.monotonicInMs()).toBe(0);
  });
});

describe('the gate of a hub whose tier is not known', () => {
  const open = () => {
    const clock = aClock();
    return { clock, gate: createHubGate({ hub: 'secondary', clock, logger: aLogger() }) };
  };

  it('lets everything through at once', async () => {
    const { clock, gate } = open();
    for (let i = 0; i < 5000; i += 1) expect(await gate.enter(write)).toBe(false);
    gate.ended(new AppError('hubQuotaExceeded', '403002', { retryable: true }));
    await gate.enter(write);
    expect(clock.monotonicInMs()).toBe(0);
  });

  it('slows down after a 429 to half of what was called, and is open again half a minute later', async () => {
    const { clock, gate } = open();
    await enterTimes(gate, 100, write);
    gate.refused('twinWrite');
    await enterTimes(gate, 50, write);
    const slowInMs = clock.monotonicInMs();
    expect(slowInMs).toBeGreaterThan(800);
    expect(slowInMs).toBeLessThan(1100);
    clock.advance(31_000);
    await enterTimes(gate, 5000, write);
    expect(clock.monotonicInMs()).toBe(slowInMs + 31_000);
  });
});
