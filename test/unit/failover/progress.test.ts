import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Progress } from '../../../src/consumers-document.js';
import { mergeProgress, positionsOf, toProgress, type StoredProgress } from '../../../src/failover/merge-progress.js';
import { tellProgress } from '../../../src/failover/tell-progress.js';
import { aLogger } from '../support/fakes.js';
import { aProgressStore, aWatchStore } from './fakes.js';
import { at, first, second, shows, watching } from './watching.js';

const place = (partitionId: string, sequenceNumber: number, more: object = {}) => ({
  partitionId,
  sequenceNumber,
  enqueuedAt: at(sequenceNumber),
  ...more,
});
const progress = (...partitions: Progress['partitions']): Progress => ({
  consumer: 'relay',
  generation: 1,
  partitions,
});
const merge = (...told: Progress[]): StoredProgress =>
  told.reduce<StoredProgress | undefined>((known, one) => mergeProgress(known, one, new Date(at(100))), undefined) ??
  expect.fail('nothing was told');

describe('what is kept of progress', () => {
  it('never goes back, whatever order processes tell in', () => {
    const told = fc.array(fc.record({ id: fc.constantFrom('0', '1'), n: fc.nat(50) }), { minLength: 1 });
    fc.assert(
      fc.property(told, (places) => {
        const { partitions } = merge(...places.map(({ id, n }) => progress(place(id, n))));
        for (const { partitionId, sequenceNumber } of partitions)
          expect(sequenceNumber).toBe(Math.max(...places.filter(({ id }) => id === partitionId).map(({ n }) => n)));
      }),
    );
  });

  it('takes a new lag at the same position', () => {
    expect(merge(progress(place('0', 5, { lag: 3 })), progress(place('0', 5, { lag: 0 }))).partitions).toEqual([
      { ...place('0', 5, { lag: 0 }), toldAt: at(100) },
    ]);
  });

  it('keeps what was not seen apart: the last report of it, until one is seen', () => {
    const [open, seen] = [{ ...place('0', 9), sequenceNumber: 9e15 }, place('0', 5)];
    const first = mergeProgress(undefined, progress(open), new Date(at(1)), ['0']);
    expect([first.partitions, first.notSeen]).toEqual([[], [{ ...open, toldAt: at(1) }]]);
    const second = mergeProgress(first, progress(place('0', 3)), new Date(at(2)), ['0']);
    expect(second.notSeen).toEqual([{ ...place('0', 3), toldAt: at(2) }]);
    const third = mergeProgress(second, progress(seen), new Date(at(3)));
    expect([third.partitions, third.notSeen]).toEqual([[{ ...seen, toldAt: at(3) }], []]);
    const fourth = mergeProgress(third, progress(open), new Date(at(4)), ['0']);
    expect(positionsOf(fourth)).toEqual([{ ...seen, toldAt: at(3) }]);
  });

  it('keeps the first event that any process handled', () => {
    const later = { ...progress(place('0', 9)), first: { enqueuedAt: at(8), handledAt: at(9) } };
    const earlier = { ...progress(place('1', 4)), first: { enqueuedAt: at(3), handledAt: at(4) } };
    expect(merge(later, earlier, later).first).toEqual(earlier.first);
  });

  it('adds up duplicates of processes, each by its last figure', () => {
    const by = (process: string, duplicates: number): Progress => ({ ...progress(place('0', 1)), process, duplicates });
    expect(toProgress(merge(by('a', 2), by('b', 1), by('a', 5))).duplicates).toBe(6);
    expect(toProgress(merge(progress(place('0', 1)))).duplicates).toBeUndefined();
  });

  it('stays bounded, whatever is told', () => {
    const many = Array.from({ length: 200 }, (_, n) => ({
      ...progress(place(`p${n}`, n)),
      process: `x${n}`,
      duplicates: 1,
    }));
    const row = merge(...many);
    expect(row.partitions).toHaveLength(64);
    expect(Object.keys(row.duplicates)).toHaveLength(64);
  });
});

describe('telling progress', () => {
  const aTeller = () => {
    const hub = watching();
    const store = aWatchStore();
    const looks: string[] = [];
    const options = {
      store,
      progress: aProgressStore(),
      freshEnds: undefined,
      lookNow: async (name: string) => void looks.push(name),
      logger: aLogger(),
    };
    const tell = (told: Progress) => tellProgress(options, { hub: 'contoso', told, now: new Date(at(100)) });
    const look = (seconds: number, ...more: Parameters<typeof shows>) => {
      hub.look(seconds, shows(...more));
      store.put(hub.state());
    };
    return { hub, store, looks, tell, look, rows: options.progress.rows };
  };

  it('makes the watch look at once when it waits for the first event of a new generation', async () => {
    const { look, tell, looks, rows } = aTeller();
    look(1, first);
    await tell(progress(place('0', 1)));
    expect(looks).toEqual([]);
    look(30, second);
    await tell(progress(place('0', 2)));
    expect(looks).toEqual([]);
    await tell({ ...progress(place('0', 1)), generation: 2 });
    expect(looks).toEqual(['contoso']);
    expect([...rows.keys()]).toEqual(['1~relay', '2~relay']);
  });

  it.each([
    [3, 'unknownGeneration'],
    [1, undefined],
  ] as const)('of generation %i is %s', async (generation, refusal) => {
    const { look, tell } = aTeller();
    look(30, second);
    const outcome = await tell({ ...progress(place('0', 1)), generation });
    expect('reason' in outcome ? outcome.reason : undefined).toBe(refusal);
  });

  it('of a generation that was dropped is refused, and so is any before the watch began', async () => {
    const { look, tell, hub, store } = aTeller();
    expect(await tell(progress(place('0', 1)))).toEqual({ reason: 'notWatchedYet' });
    look(30, second);
    store.put({ ...hub.state(), generations: hub.state().generations.slice(1) });
    expect(await tell(progress(place('0', 1)))).toEqual({ reason: 'generationGone' });
  });
});
