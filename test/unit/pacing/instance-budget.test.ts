import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/errors.js';
import { createInstanceBudget, type InstanceBudget } from '../../../src/pacing/instance-budget.js';
import type { BudgetRow, BudgetStorePort } from '../../../src/pacing/ports.js';
import { aClock } from '../support/fakes.js';

const intervalInMs = 1000;

function setUp({ messagesPerDay = 1000 } = {}) {
  const clock = aClock('2026-01-01T12:00:00.000Z');
  const rows = new Map<string, BudgetRow>();
  const state = { away: false, reports: 0 };
  const store: BudgetStorePort = {
    report: async (_hub, row) => {
      if (state.away) throw new AppError('storageUnavailable', 'away', { retryable: true });
      state.reports += 1;
      rows.set(row.instanceId, row);
      return [...rows.values()];
    },
  };
  const start = (instanceId: string, countPartitions = () => 1) =>
    createInstanceBudget({ hub: 'secondary', instanceId, store, clock, messagesPerDay, countPartitions, intervalInMs });
  return { clock, rows, state, start };
}

const spendAll = async (budget: InstanceBudget): Promise<number> => {
  let spent = 0;
  while (await budget.take(1)) spent += 1;
  return spent;
};

describe('the budget of an instance', () => {
  it('is the whole of it for the only one, at once', async () => {
    const { clock, start } = setUp();
    expect(await start('a').parts()).toEqual({ twin: 1, identity: 1 });
    expect(clock.monotonicInMs()).toBe(0);
  });

  it('is split with a second one, which takes nothing until the first has seen it', async () => {
    const { clock, start } = setUp();
    const [a, b] = [start('a', () => 3), start('b', () => 1)];
    await a.parts();
    const joining = b.parts();
    await joining;
    expect(clock.monotonicInMs()).toBeGreaterThanOrEqual(intervalInMs);
    await a.parts();
    // The background look of `a` has begun with that question; the next one has its answer.
    await a.flush();
    expect(await a.parts()).toEqual({ twin: 0.75, identity: 0.5 });
    expect(await b.parts()).toEqual({ twin: 0.25, identity: 0.5 });
  });

  it('is the whole again when the other has been silent for three intervals', async () => {
    const { clock, start } = setUp();
    const [a, b] = [start('a'), start('b')];
    await a.parts();
    await b.parts();
    await a.flush();
    expect((await a.parts()).identity).toBe(0.5);
    for (let i = 0; i < 4; i += 1) {
      clock.advance(intervalInMs);
      await a.flush();
    }
    expect((await a.parts()).identity).toBe(1);
  });

  it('does not count one that stopped long ago', async () => {
    const { clock, rows, start } = setUp();
    const at = new Date(clock.now().getTime() - 6 * 60_000);
    rows.set('old', { instanceId: 'old', beat: 9, at, day: '2026-01-01', used: 0, upTo: 1000, weight: 1 });
    expect((await start('a').parts()).twin).toBe(1);
  });

  it('together never passes the limit of the day when both go to the end of what they may between two looks', async () => {
    const { start } = setUp({ messagesPerDay: 1000 });
    const instances = [start('a', () => 3), start('b'), start('c')];
    for (const instance of instances) await instance.parts();
    let spent = 0;
    for (let round = 0; round < 40; round += 1) {
      for (const instance of instances) {
        spent += await spendAll(instance);
        await instance.flush();
        if (round % 2) spent += await spendAll(instance);
      }
      expect(spent).toBeLessThanOrEqual(1000);
    }
    expect(spent).toBeGreaterThan(990);
  });

  it('gives up what it had when the others may have taken it', async () => {
    const { clock, state, start } = setUp({ messagesPerDay: 150 });
    const [a, b] = [start('a'), start('b')];
    await a.parts();
    state.away = true;
    for (let i = 0; i < 4; i += 1) clock.advance(intervalInMs);
    await expect(a.parts()).rejects.toMatchObject({ code: 'storageUnavailable' });
    expect(await a.take(1)).toBe(false);
    state.away = false;
    await b.parts();
    for (let i = 0; i < 4; i += 1) {
      clock.advance(intervalInMs);
      await b.flush();
    }
    let spent = await spendAll(b);
    expect(spent).toBe(150);
    await a.parts();
    for (let i = 0; i < 8; i += 1) {
      for (const one of [a, b]) {
        await one.flush();
        spent += await spendAll(one);
      }
      expect(spent).toBeLessThanOrEqual(150);
    }
    expect(spent).toBeGreaterThan(146);
  });

  it('leaves to others what it does not need soon', async () => {
    const { start } = setUp({ messagesPerDay: 10_000 });
    const [idle, busy] = [start('idle'), start('busy')];
    await idle.parts();
    await busy.parts();
    expect(await spendAll(busy)).toBeGreaterThan(9_400);
    let kept = 0;
    while (kept < 500 && (await idle.take(1))) kept += 1;
    expect(kept).toBe(500);
    expect(await idle.take(1)).toBe(false);
  });

  it('together never passes the limit of the day, whoever spends how much', async () => {
    const { clock, start } = setUp({ messagesPerDay: 1000 });
    const [a, b] = [start('a', () => 3), start('b')];
    await a.parts();
    for (let i = 0; i < 300; i += 1) await a.take(1);
    await b.parts();
    let spent = 300;
    for (let round = 0; round < 20; round += 1) {
      await a.flush();
      await b.flush();
      spent += await spendAll(round % 2 ? a : b);
      expect(spent).toBeLessThanOrEqual(1000);
      clock.advance(intervalInMs);
    }
    expect(spent).toBeGreaterThan(990);
    expect((await a.take(1)) || (await b.take(1))).toBe(false);
  });

  it('counts what instances have used that are gone', async () => {
    const { clock, rows, start } = setUp({ messagesPerDay: 1000 });
    const at = new Date(clock.now().getTime() - 3_600_000);
    rows.set('old', { instanceId: 'old', beat: 9, at, day: '2026-01-01', used: 900, upTo: 1000, weight: 1 });
    const a = start('a');
    await a.parts();
    expect(await spendAll(a)).toBe(100);
  });

  it('begins anew with the UTC day', async () => {
    const { clock, start } = setUp({ messagesPerDay: 10 });
    const a = start('a');
    await a.parts();
    expect(await spendAll(a)).toBe(10);
    clock.advance(12 * 3_600_000);
    await a.parts();
    expect(await spendAll(a)).toBe(10);
  });

  it('ends while storage is away, when the others may count it as gone', async () => {
    const { clock, state, start } = setUp();
    const a = start('a');
    await a.parts();
    state.away = true;
    clock.advance(1.5 * intervalInMs);
    expect((await a.parts()).twin).toBe(1);
    clock.advance(intervalInMs);
    await expect(a.parts()).rejects.toMatchObject({ code: 'storageUnavailable' });
    state.away = false;
    expect((await a.parts()).twin).toBe(1);
  });

  it('asks storage once per interval, not once per call', async () => {
    const { clock, state, start } = setUp();
    const a = start('a');
    for (let i = 0; i < 50; i += 1) {
      clock.advance(100);
      await a.parts();
    }
    expect(state.reports).toBeLessThanOrEqual(6);
  });
});
