import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../src/errors.js';
import { anError, aRoom } from './fakes.js';
import { allOperations, keys, operate, twinOperations, type Operation } from './source-model.js';

const transient: ErrorCode[] = ['hubUnavailable', 'hubThrottled', 'hubTimeout', 'hubBadAnswer', 'preconditionFailed'];

interface Trouble {
  /** Percent of calls that fail. */
  share: number;
  /** Also what no repetition mends, and our own defects. */
  permanent: boolean;
  rolls: Iterator<number>;
}

/** Delivers everything at least once: batches of any size, again after a hold, again from an earlier checkpoint. */
async function run(
  operations: Operation[],
  trouble: Trouble,
  sizes: number[],
  rewinds: number[],
  repairInBetween: boolean,
) {
  const limitInMs = trouble.permanent ? 60_000 : Infinity;
  const room = aRoom({ concurrency: 2, holdLimitInMs: limitInMs, identityHoldLimitInMs: limitInMs });
  for (const key of keys) room.source.add(key);
  for (const key of keys.slice(0, 3)) room.target.add(key);
  const events = operations.flatMap((operation) => operate(room.source, operation));
  let share = trouble.share;
  const roll = () => (trouble.rolls.next().value as number | undefined) ?? 0;
  const fails = () => share > 0 && roll() % 100 < share;
  const pick = () => {
    const number = roll();
    if (trouble.permanent && number % 10 === 0) return anError('requestRefused');
    if (trouble.permanent && number % 10 === 1) return new TypeError('defect');
    return anError(transient[number % transient.length] ?? 'hubTimeout', true);
  };
  room.target.fault = () => {
    if (fails()) throw pick();
  };
  room.target.lateFault = () => {
    if (fails()) throw anError('hubTimeout', true);
  };
  room.registry.outcome = () => {
    if (!fails()) return undefined;
    if (trouble.permanent && roll() % 2 === 0) return { kind: 'sourceAway', error: anError('hubTimeout', true) };
    return { kind: 'hold', reason: 'targetAway' };
  };
  room.park.fault = room.registry.markFault = () => {
    if (fails()) throw anError('storageUnavailable', true);
  };
  room.direction.verdict = () => (fails() ? { kind: 'hold', reason: 'stateStale' } : { kind: 'apply' });

  let at = 0;
  for (let turn = 0; at < events.length; turn++) {
    const batch = events.slice(at, at + (sizes[turn % sizes.length] ?? 1));
    let isDone = false;
    for (let attempt = 0; !isDone; attempt++) {
      share = attempt < 20 ? trouble.share : 0;
      isDone = await room.replay(...batch).then(
        () => true,
        (error: unknown) => {
          expect(error).toMatchObject({ code: 'held', retryable: true });
          return false;
        },
      );
      room.clock.advance(15_000);
    }
    at = Math.max(0, at + batch.length - (turn < rewinds.length ? (rewinds[turn] ?? 0) : 0));
    if (repairInBetween) {
      share = 0;
      room.registry.repairAll();
    }
  }
  share = 0;
  return room;
}

const rolls = fc.infiniteStream(fc.nat(9999));
const sizes = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 5 });
const rewinds = fc.array(fc.nat(12), { maxLength: 6 });

describe('replaying all events of a hub', () => {
  it('makes the copy equal without any repair, under passing faults, duplicates and redelivery', async () => {
    await fc.assert(
      fc.asyncProperty(
        twinOperations,
        rolls,
        fc.nat(40),
        sizes,
        rewinds,
        async (list, rolls, share, sizes, rewinds) => {
          const room = await run(list, { share, permanent: false, rolls }, sizes, rewinds, false);
          const touched = Object.keys(room.target.content());
          const wanted = room.source.content();
          expect(room.target.content()).toEqual(Object.fromEntries(touched.map((id) => [id, wanted[id]])));
          expect([room.registry.marks, room.park.items]).toEqual([[], []]);
        },
      ),
      { numRuns: 100 },
    );
  }, 60_000);

  it('makes the copy equal after the repair of what was marked, under any faults, deletes and new lives', async () => {
    await fc.assert(
      fc.asyncProperty(
        allOperations,
        rolls,
        fc.nat(40),
        sizes,
        rewinds,
        fc.boolean(),
        async (list, rolls, share, sizes, rewinds, repairInBetween) => {
          const room = await run(list, { share, permanent: true, rolls }, sizes, rewinds, repairInBetween);
          room.registry.repairAll();
          const [copy, wanted] = [room.target.content(), room.source.content()];
          // An identity that no event named is none of this room's business.
          const missing = Object.keys(wanted).filter((id) => !Object.hasOwn(copy, id));
          expect(copy).toEqual(Object.fromEntries(Object.entries(wanted).filter(([id]) => !missing.includes(id))));
          expect(missing.filter((id) => id !== 'd1/m2')).toEqual([]);
        },
      ),
      { numRuns: 100 },
    );
  }, 60_000);
});
