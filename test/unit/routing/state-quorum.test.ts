import { describe, expect, it } from 'vitest';
import { aDocument, aStore, hubNames, reversed, setUp } from './fakes.js';

const later = 5000;

describe('the routing document in several accounts', () => {
  it('an instance that starts while only the account with the old document can be read writes nothing by it', async () => {
    const [first, second] = [aStore('first', reversed(5)), aStore('second', aDocument({ epoch: 6 }))];
    second.away = true;
    const { state, clock, events } = setUp(first, second);
    expect(await state.fresh()).toBeUndefined();
    expect(state.ageInMs()).toBeUndefined();
    expect(state.problem()).toEqual({ reason: 'noMajority', holders: 1, needed: 2 });
    expect(events('routing.noMajority')).toEqual([{ holders: 1, needed: 2 }]);
    // Devices hear of it all the same: it is the last good one as far as anybody can tell.
    expect((await state.lastGood())?.document.epoch).toBe(5);
    second.away = false;
    clock.advance(later);
    expect(await state.fresh()).toMatchObject({ epoch: 6 });
    expect(first.document).toEqual(second.document);
  });

  it('devices of an instance that has just started are answered from one account while the other hangs, health is not', async () => {
    const [first, second] = [aStore('first', reversed()), aStore('second', reversed())];
    const hanging = Promise.withResolvers<void>();
    second.onCall = () => hanging.promise;
    const { state } = setUp(first, second);
    const writer = state.fresh();
    await new Promise((resolve) => setImmediate(resolve));
    expect((await state.lastGood())?.document).toEqual(reversed());
    let hasRead = false;
    const firstRead = state.firstRead().then(() => (hasRead = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(hasRead).toBe(false);
    hanging.resolve();
    await firstRead;
    expect(await writer).toEqual(reversed());
  });

  it('completes a switch that was written to one account only, under the ETag, and names it', async () => {
    const [first, second] = [aStore('first', aDocument()), aStore('second', aDocument())];
    const { state, clock, events, start } = setUp(first, second);
    expect(await state.fresh()).toEqual(aDocument());
    second.document = reversed();
    clock.advance(later);
    expect((await start().fresh())?.epoch).toBe(2);
    expect(first.document).toEqual(reversed());
    expect(events('routing.completed')).toEqual([{ store: 'first', epoch: 2, revision: 0 }]);
  });

  it('does not overwrite what somebody writes just then', async () => {
    const [first, second] = [aStore('first', aDocument()), aStore('second', reversed())];
    const newer = reversed(3);
    let isWritten = false;
    first.onCall = (call) => {
      if (call !== 'replace' || isWritten) return;
      isWritten = true;
      first.document = newer;
    };
    expect(await setUp(first, second).state.fresh()).toEqual(newer);
    expect(second.document).toEqual(newer);
  });

  it('from the moment on at which a higher one is seen, nothing is written by the older', async () => {
    const [first, second] = [aStore('first', aDocument()), aStore('second', aDocument())];
    const { state, clock } = setUp(first, second);
    await state.fresh();
    second.document = reversed();
    first.onCall = (call) => {
      if (call === 'replace') first.away = true;
    };
    clock.advance(later);
    await state.fresh();
    await new Promise((resolve) => setImmediate(resolve));
    expect(await state.fresh()).toBeUndefined();
    expect((await state.lastGood())?.document).toEqual(reversed());
    first.onCall = undefined;
    first.away = false;
    clock.advance(later);
    expect(await state.fresh()).toEqual(reversed());
  });

  it('with a witness any two of three are enough, and the third is brought up when it is back', async () => {
    const stores = [aStore('a', reversed()), aStore('b', reversed()), aStore('w', aDocument())] as const;
    stores[0].away = true;
    const { state, clock } = setUp(...stores);
    expect(await state.fresh()).toEqual(reversed());
    expect(stores[2].document).toEqual(reversed());
    stores[0].away = false;
    stores[0].document = undefined;
    clock.advance(later);
    await state.fresh();
    await new Promise((resolve) => setImmediate(resolve));
    expect(stores[0].document).toEqual(reversed());
  });

  it('two instances that start at the same moment make one document, in every account the same', async () => {
    const [first, second] = [aStore('first'), aStore('second')];
    const { clock, start } = setUp(second, first);
    first.onCall = second.onCall = () => new Promise((resolve) => setImmediate(resolve));
    const one = start();
    const other = start();
    const began = one.fresh();
    clock.advance(1);
    const made = await Promise.all([began, other.fresh()]);
    clock.advance(later);
    expect(await one.fresh()).toEqual(first.document);
    expect(second.document).toEqual(first.document);
    expect(made.filter((document) => document?.epoch === 1).length).toBeGreaterThan(0);
  });

  it('a jump of more than 1,000 epochs is refused by every instance, also after a restart', async () => {
    const store = aStore('first', aDocument());
    const { state, clock, start, events } = setUp(store);
    await state.fresh();
    store.document = reversed(5000);
    clock.advance(later);
    const restarted = start();
    expect(await restarted.fresh()).toBeUndefined();
    expect(await restarted.lastGood()).toBeUndefined();
    expect(restarted.problem()).toEqual({ reason: 'epochJump', highestEpoch: 1 });
    expect(events('routing.conflict')).toEqual([{ reason: 'epochJump', highestEpoch: 1 }]);
    expect((await state.lastGood())?.document).toEqual(aDocument());
  });
});

describe('a document that is lost, or has gone back', () => {
  it('is not made anew after a restart where the mark shows that there was one', async () => {
    const [first, second] = [aStore('first'), aStore('second')];
    const { state, start, clock } = setUp(first, second);
    await state.fresh();
    first.document = second.document = undefined;
    clock.advance(later);
    const restarted = start();
    expect(await restarted.fresh()).toBeUndefined();
    expect(restarted.problem()).toEqual({ reason: 'notMade', sign: 'mark', highestEpoch: 1 });
    expect([first.document, second.document]).toEqual([undefined, undefined]);
    first.document = reversed();
    clock.advance(later);
    expect(await restarted.fresh()).toEqual(reversed());
    expect(second.document).toEqual(reversed());
  });

  it('a restored old copy acts in no instance, not even after a restart', async () => {
    const store = aStore('first', reversed(6));
    const { state, start, clock } = setUp(store);
    await state.fresh();
    store.document = aDocument({ epoch: 5 });
    clock.advance(later);
    const restarted = start();
    expect(await restarted.fresh()).toBeUndefined();
    expect(restarted.problem()).toEqual({ reason: 'lowerEpoch', highestEpoch: 6 });
  });

  it('is not taken for lost by an instance that starts while another makes it', async () => {
    const store = aStore('first');
    const { state, start } = setUp(store);
    const other = start();
    let isMade = false;
    store.onCall = async (call) => {
      if (call !== 'read' || isMade) return;
      isMade = true;
      store.onCall = undefined;
      await other.fresh();
    };
    expect(await state.fresh()).toMatchObject({ epoch: 1 });
    expect(state.problem()).toBeUndefined();
  });
});

describe('a document that is not valid', () => {
  it('is named with its fields at once, as an event to act on, and never overwritten', async () => {
    const store = aStore('first', aDocument());
    const { state, clock, logger } = setUp(store);
    await state.fresh();
    store.document = 'direction: must be "forward" or "paused"';
    clock.advance(later);
    await state.fresh();
    await new Promise((resolve) => setImmediate(resolve));
    expect(logger.events.filter(({ level }) => level !== 'info')).toEqual([
      { level: 'error', id: 'routing.invalid', fields: { store: 'first', problems: store.document } },
    ]);
    expect(state.problem()).toEqual({ reason: 'invalid', problems: [store.document] });
    expect((await state.lastGood())?.document).toEqual(aDocument());
  });

  it('in one of three accounts stops no writer, and is a problem all the same', async () => {
    const stores = [aStore('a', aDocument()), aStore('b', 'epoch: must be 1 or more'), aStore('w', aDocument())];
    const { state } = setUp(...stores);
    expect(await state.fresh()).toEqual(aDocument());
    expect(state.problem()).toMatchObject({ reason: 'invalid' });
    expect(stores[1]?.document).toBe('epoch: must be 1 or more');
  });
});

describe('the hubs in the document', () => {
  const { hubs: _hubs, ...nameless } = reversed();

  it('are added once, in the next revision, alike by all that do it at the same time', async () => {
    const [first, second] = [aStore('first', nameless), aStore('second', nameless)];
    const { start, clock } = setUp(first, second);
    first.onCall = second.onCall = () => new Promise((resolve) => setImmediate(resolve));
    const states = [start(), start(), start()];
    await Promise.all(states.map((state) => state.fresh()));
    clock.advance(later);
    for (const state of states) expect((await state.fresh())?.revision).toBe(1);
    expect(first.document).toEqual({ ...reversed(), revision: 1 });
    expect(second.document).toEqual(first.document);
  });

  it.each([
    ['swapped', { primary: 'south', secondary: 'north' }],
    ['exchanged', { primary: 'north', secondary: 'west' }],
  ])('of an instance whose settings have them %s: nobody writes, and it is named', async (_, names) => {
    const store = aStore('first', aDocument());
    const { start, logger } = setUp(store);
    const state = start(names);
    expect(await state.fresh()).toBeUndefined();
    expect(state.ageInMs()).toBeUndefined();
    expect(state.problem()).toEqual({ reason: 'hubsDiffer', document: hubNames, settings: names });
    expect(logger.events).toContainEqual({
      level: 'error',
      id: 'routing.hubsDiffer',
      fields: { document: 'north, south', settings: `${names.primary}, ${names.secondary}` },
    });
    // The document itself is good: whom it names is said by the caller, by name.
    expect((await state.lastGood())?.document).toEqual(aDocument());
  });

  it('of swapped settings are spread by nobody, also where a document has yet to be completed', async () => {
    const [first, second] = [aStore('first', aDocument()), aStore('second', reversed())];
    const { start } = setUp(first, second);
    expect(await start({ primary: 'south', secondary: 'north' }).fresh()).toBeUndefined();
    expect(first.document).toEqual(aDocument());
  });
});
