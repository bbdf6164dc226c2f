import { describe, expect, it } from 'vitest';
import { aDocument, aStore, hubNames, reversed, setUp } from './fakes.js';

const reverse = reversed();

/** Lets a read that goes on beside the caller come to its end. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('createRoutingState', () => {
  it('creates epoch 1 with the primary active where there is none', async () => {
    const store = aStore();
    const { state } = setUp(store);
    expect(await state.fresh()).toMatchObject({ epoch: 1, activeHub: 'primary', direction: 'forward' });
    expect(store.document).toMatchObject({ epoch: 1, hubs: hubNames });
    expect(store.mark).toBe(1);
  });

  it('does not create one while a store cannot be read: it may hold a later epoch', async () => {
    const [first, second] = [aStore('first'), aStore('second', reverse)];
    second.away = true;
    const { state } = setUp(first, second);
    expect(await state.fresh()).toBeUndefined();
    expect(first.document).toBeUndefined();
  });

  it.each(['ledger', 'consumersDocument', 'standbyHub'] as const)(
    'does not create one where there is a sign of an older life: %s',
    async (sign) => {
      const store = aStore();
      const { installation, logger, state } = setUp(store);
      installation.sign = sign;
      expect(await state.fresh()).toBeUndefined();
      expect(await state.lastGood()).toBeUndefined();
      expect(store.document).toBeUndefined();
      expect(state.problem()).toEqual({ reason: 'notMade', sign, highestEpoch: 0 });
      expect(logger.events).toContainEqual({
        level: 'error',
        id: 'routing.notMade',
        fields: { sign, highestEpoch: 0 },
      });
    },
  );

  it('copies the document to a store that has none', async () => {
    const [first, second] = [aStore('first', reverse), aStore('second')];
    expect(await setUp(first, second).state.fresh()).toEqual(reverse);
    expect(second.document).toEqual(reverse);
  });

  it('answers from memory until the refresh is due, and shares one read among all that ask', async () => {
    const store = aStore('first', reverse);
    const { clock, state } = setUp(store);
    await Promise.all([state.fresh(), state.fresh()]);
    await state.lastGood();
    clock.advance(4999);
    await state.fresh();
    expect(store.reads).toBe(1);
    clock.advance(1);
    await state.fresh();
    expect(store.reads).toBe(2);
  });

  it('shows a change after the refresh', async () => {
    const store = aStore('first', aDocument());
    const { clock, state } = setUp(store);
    await state.fresh();
    store.document = reverse;
    clock.advance(5000);
    await state.fresh();
    await settle();
    expect(await state.fresh()).toEqual(reverse);
  });

  it('gives writers nothing once the last confirmation is too old, devices the last good one, and recovers', async () => {
    const store = aStore('first', reverse);
    const { clock, state } = setUp(store);
    await state.fresh();
    store.away = true;
    clock.advance(29_999);
    expect(await state.fresh()).toEqual(reverse);
    await settle();
    clock.advance(5000);
    expect(await state.fresh()).toBeUndefined();
    expect(await state.lastGood()).toMatchObject({ document: reverse, ageInMs: 34_999 });
    store.away = false;
    clock.advance(5000);
    expect(await state.fresh()).toEqual(reverse);
  });

  it('does not ask a failing store again before the refresh interval is over', async () => {
    const store = aStore('first', reverse);
    store.away = true;
    let calls = 0;
    store.onCall = () => void (calls += 1);
    const { state } = setUp(store);
    await state.lastGood();
    expect(await state.lastGood()).toBeUndefined();
    expect(calls).toBe(1);
  });

  it('keeps the last good document on a conflict, raises an alarm, and lets it age', async () => {
    const store = aStore('first', reverse);
    const { clock, logger, state } = setUp(store);
    await state.fresh();
    store.document = { ...reverse, switchedAt: '2026-05-05T00:00:00.000Z' };
    clock.advance(30_000);
    expect(await state.fresh()).toBeUndefined();
    expect((await state.lastGood())?.document).toEqual(reverse);
    expect(logger.events.filter((event) => event.id === 'routing.conflict')).toMatchObject([
      { level: 'error', fields: { reason: 'conflict' } },
    ]);
  });

  it('refuses a lower epoch after a higher one', async () => {
    const store = aStore('first', reverse);
    const { clock, state } = setUp(store);
    await state.fresh();
    store.document = aDocument();
    clock.advance(30_000);
    expect(await state.fresh()).toBeUndefined();
    expect((await state.lastGood())?.document.epoch).toBe(2);
  });

  it('answers devices while a read hangs: the first after a short wait, the others at once, until storage answers again', async () => {
    const store = aStore('first', aDocument());
    const { clock, state } = setUp(store);
    const read = store.read.bind(store);
    await state.fresh();
    const hanging = Promise.withResolvers<Awaited<ReturnType<typeof read>>>();
    store.read = () => hanging.promise;
    clock.advance(30_000);
    expect((await state.lastGood())?.ageInMs).toBe(31_000);
    expect((await state.lastGood())?.ageInMs).toBe(31_000);
    store.document = reverse;
    store.read = read;
    hanging.resolve(await read());
    await settle();
    expect(await state.lastGood()).toMatchObject({ document: reverse });
  });
});
