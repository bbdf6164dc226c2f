import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareAge, type RoutingDocument } from '../../../src/routing/document.js';
import { createRoutingState, type RoutingState } from '../../../src/routing/state.js';
import { aClock, aLogger } from '../support/fakes.js';
import { aDocument, aStore, hubNames, type FakeStore } from './fakes.js';

type Action =
  | { kind: 'ask' | 'restart'; instance: number }
  | { kind: 'switch' | 'lose'; store: number; epochs: number }
  /** Exactly these can be reached from now on: a bit for each store. */
  | { kind: 'reach'; stores: number };

const anInstance = fc.nat(1);
const aStoreNumber = fc.nat(2);
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('ask' as const), instance: anInstance }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('switch' as const),
      store: aStoreNumber,
      epochs: fc.integer({ min: 0, max: 3 }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('reach' as const), stores: fc.nat(7) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('restart' as const), instance: anInstance }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('lose' as const), store: aStoreNumber, epochs: fc.constant(0) }),
  },
);
/** Some of what happens is over before the next begins, some goes on at the same time. */
const histories = fc.array(fc.record({ action, isAwaited: fc.boolean() }), { minLength: 5, maxLength: 50 });

const first = aDocument();
/** What an operator writes: the next epoch goes to the other hub, the same one to the next revision. */
const next = (document: RoutingDocument, epochs: number): RoutingDocument => {
  if (epochs === 0) return { ...document, revision: document.revision + 1 };
  const isPrimary = document.activeHub === 'primary';
  return {
    ...document,
    epoch: document.epoch + epochs,
    revision: 0,
    activeHub: isPrimary ? 'secondary' : 'primary',
    direction: isPrimary ? 'reverse' : 'forward',
  };
};

/** A world of stores, operators and instances, all of whose calls are put into an order by `scheduler`. */
function aWorld(count: number, scheduler: fc.Scheduler) {
  const stores = ['a', 'b', 'c'].slice(0, count).map((name) => Object.assign(aStore(name, first), { mark: 1 }));
  const clock = aClock();
  const needed = Math.floor(count / 2) + 1;
  /** The highest document that a majority has ever held. */
  let decided = first;
  const look = () => {
    for (const { document } of stores) {
      if (typeof document !== 'object' || compareAge(document, decided) <= 0) continue;
      if (stores.filter((each) => isDeepStrictEqual(each.document, document)).length >= needed) decided = document;
    }
  };
  for (const store of stores)
    store.onCall = async () => {
      await scheduler.schedule(Promise.resolve());
      look();
    };
  const start = (): RoutingState =>
    createRoutingState({
      stores,
      hubNames,
      clock,
      logger: aLogger(),
      // Each question reads anew.
      refreshInMs: 1,
      maxAgeInMs: 2,
      findOlderLife: async () => undefined,
    });
  const instances = [start(), start()];
  let losses = 0;

  const storeOf = (index: number): FakeStore => stores[index % count] as FakeStore;
  async function act(action: Action): Promise<void> {
    await scheduler.schedule(Promise.resolve());
    look();
    switch (action.kind) {
      case 'ask': {
        clock.advance(2);
        look();
        const before = decided;
        const document = await instances[action.instance]?.fresh();
        if (document && compareAge(document, before) < 0)
          throw new Error(`acts by ${document.epoch}.${document.revision} after ${before.epoch}.${before.revision}`);
        return;
      }
      case 'restart':
        instances[action.instance] = start();
        return;
      case 'switch': {
        const documents = stores.flatMap(({ document }) => (typeof document === 'object' ? [document] : []));
        const highest = documents.sort((one, other) => compareAge(other, one))[0] ?? decided;
        storeOf(action.store).document = next(highest, action.epochs);
        return;
      }
      case 'lose':
        // What no quorum can outlive is left out: marks stand before that.
        if (losses > 0 || count < 2) return;
        losses += 1;
        storeOf(action.store).document = undefined;
        return;
      default:
        for (const [index, store] of stores.entries()) store.away = (action.stores & (1 << index)) === 0;
    }
  }
  return { stores, clock, instances, act, decided: () => decided, losses: () => losses };
}

describe('the routing document, whatever happens to stores, instances and operators', () => {
  it.each([1, 2, 3])('with %i accounts no instance acts by one older than a majority has held', async (count) => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), histories, async (scheduler, history) => {
        const world = aWorld(count, scheduler);
        const acts: Promise<void>[] = [];
        for (const { action, isAwaited } of history) {
          acts.push(world.act(action));
          if (isAwaited) await scheduler.waitFor(Promise.all(acts));
        }
        await scheduler.waitFor(Promise.all(acts));

        // And once everything can be reached again, all agree on what is highest.
        for (const store of world.stores) Object.assign(store, { away: false, onCall: undefined });
        for (let round = 0; round < 3; round += 1) {
          world.clock.advance(100);
          for (const instance of world.instances) await instance.fresh();
        }
        for (const instance of world.instances) {
          const document = await instance.fresh();
          // Where a switch was seen and then lost with its account, a person decides, and is told so.
          if (world.losses() > 0 && instance.problem()) continue;
          if (!document) throw new Error(`does not act: ${JSON.stringify(instance.problem())}`);
          expect(compareAge(document, world.decided())).toBeGreaterThanOrEqual(0);
          expect(world.stores.map((store) => store.document)).toEqual(world.stores.map(() => document));
        }
      }),
      { numRuns: 300 },
    );
  });
});
