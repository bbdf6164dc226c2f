import { describe, expect, it } from 'vitest';
import type { IdentityKey, JsonObject } from '../../../src/hub-model.js';
import type { CopyMark, RawTwinEvent } from '../../../src/twin/ports.js';
import { anEvent } from './events.js';
import { anError, aRoom, patchesOf } from './fakes.js';

const device = { deviceId: 'd1' };
const begunAt = new Date('2026-01-01T12:00:00Z');
const secondsAfter = (seconds: number) => new Date(begunAt.getTime() + seconds * 1000).toISOString();

const anUpdateAt = (seconds: number, version: number, sections: JsonObject, key: IdentityKey = device): RawTwinEvent =>
  anEvent(key, 'updateTwin', { version, ...sections }, { properties: { operationTimestamp: secondsAfter(seconds) } });

/** The copy of a second life, whose source is at version 4 when it is read. */
function aSecondLife(mark: Partial<CopyMark> = {}) {
  const room = aRoom();
  room.source.add(device, { version: 4, tags: { life: 2 } });
  room.target.add(device, { tags: { life: 2 } });
  room.registry.copyMark = () => ({
    generationId: 'g2',
    begunAt,
    state: { version: 4, at: begunAt, etag: 'e1' },
    ...mark,
  });
  const skipped = () => room.counters.read(room.clock.now()).skipped;
  return { ...room, skipped };
}

describe('a change that is older than the copy', () => {
  it('is part of what was copied, and costs one reading of the copy, which shows that', async () => {
    const room = aSecondLife();
    await room.replay(anUpdateAt(-30, 3, { tags: { life: 1 } }), anUpdateAt(-20, 4, { tags: { life: 1 } }));
    expect([room.target.writes, room.registry.replicated]).toEqual([[], []]);
    expect(room.skipped()).toEqual({ coveredByState: 2 });
  });

  it('and of a higher version may be either: the source tells, and the rest of its batch is part of that', async () => {
    const room = aSecondLife();
    await room.replay(
      anUpdateAt(-30, 8, { tags: { life: 1, a: null } }),
      anUpdateAt(-20, 9, { tags: { a: { b: 1 } }, properties: { reported: { first: 1 } } }),
    );
    expect(room.registry.replicated).toEqual(['d1']);
    expect(room.target.calls).toEqual([]);
    expect(room.target.twin(device)).toMatchObject({ tags: { life: 2 }, reported: {} });
  });

  it('or than the repair by state that brought the copy ahead of the stream, is part of that', async () => {
    const at = new Date(secondsAfter(60));
    const room = aSecondLife({ state: { version: 9, at, etag: 'e1' } });
    await room.replay(anUpdateAt(50, 8, { tags: { life: 1 } }));
    expect([room.target.writes, room.registry.replicated]).toEqual([[], []]);
    // Not by its version alone: after a failover of its hub the source may count again what it has counted before.
    await room.replay(anUpdateAt(90, 8, { tags: { counted: 'again' } }));
    expect(room.target.twin(device)).toMatchObject({ tags: { life: 2, counted: 'again' } });
  });

  it('within what clocks may differ, too', async () => {
    const room = aSecondLife();
    await room.replay(anUpdateAt(1.9, 8, { tags: { life: 1 } }));
    expect([room.target.calls, room.registry.replicated]).toEqual([[], ['d1']]);
  });

  it('and so is what would be one write with it, though that be newer', async () => {
    const room = aSecondLife();
    await room.replay(anUpdateAt(1.9, 8, { tags: { life: 1 } }), anUpdateAt(60, 9, { tags: { a: 1 } }));
    expect([room.target.calls, room.registry.replicated]).toEqual([[], ['d1']]);
  });

  it('as the event hub tells, when the clock of its hub is ahead', async () => {
    const room = aSecondLife();
    const enqueuedAt = new Date(secondsAfter(-30));
    await room.replay({ ...anUpdateAt(600, 8, { tags: { life: 1 } }), enqueuedAt });
    expect([room.target.calls, room.registry.replicated]).toEqual([[], ['d1']]);
  });

  it('is never taken for contained when it reports, or while the copy is not complete', async () => {
    const reports = aSecondLife();
    await reports.replay(anUpdateAt(-30, 3, { properties: { reported: { first: 1 } } }));
    const incomplete = aSecondLife();
    incomplete.registry.copyMark = () => ({ generationId: 'g2', begunAt });
    await incomplete.replay(anUpdateAt(-30, 3, { tags: { life: 1 } }));
    expect([reports.registry.replicated, incomplete.registry.replicated]).toEqual([['d1'], ['d1']]);
    expect([reports.target.calls, incomplete.target.calls]).toEqual([[], []]);
  });

  it('waits while nobody can tell', async () => {
    const room = aSecondLife();
    room.registry.copyMark = () => {
      throw anError('storageUnavailable', true);
    };
    await expect(room.replay(anUpdateAt(60, 5, { tags: { a: 1 } }))).rejects.toMatchObject({ message: /storageAway/ });
    expect(room.target.calls).toEqual([]);
  });
});

describe('a copy that is no longer as it was copied', () => {
  it('covers nothing: an older write may lie over what was copied, so the source tells', async () => {
    const room = aSecondLife({ state: { version: 4, at: begunAt, etag: 'another' } });
    await room.replay(anUpdateAt(-20, 4, { tags: { life: 1 } }));
    expect([room.target.writes, room.registry.replicated]).toEqual([[], ['d1']]);
  });

  it('nor does one whose row does not tell the ETag', async () => {
    const room = aSecondLife({ state: { version: 4, at: begunAt } });
    await room.replay(anUpdateAt(-20, 4, { tags: { life: 1 } }));
    expect(room.registry.replicated).toEqual(['d1']);
  });

  it('is looked at again by a write that waited while the copy was brought up by state', async () => {
    const room = aSecondLife({ state: { version: 1, at: new Date(0) }, begunAt: new Date(0) });
    const state = { version: 6, at: new Date(secondsAfter(60)) };
    let waits = 1;
    room.target.fault = ({ op }) => {
      const twin = room.target.twin(device);
      if (op !== 'patchTwin' || !twin || waits-- <= 0) return;
      const { etag } = room.target.write({ ...twin, tags: { n: 2 } });
      room.registry.copyMark = () => ({ generationId: 'g2', begunAt: new Date(0), state: { ...state, etag } });
    };
    await room.replay(anUpdateAt(10, 5, { tags: { n: 1 } }), anUpdateAt(20, 6, { tags: { n: 2 } }));
    expect(room.target.twin(device)?.tags).toEqual({ n: 2 });
    expect([room.skipped(), room.registry.replicated]).toEqual([{ coveredByState: 2 }, []]);
  });
});

describe('a replace that is older than the copy', () => {
  it('is part of what was copied, though it always holds reported properties', async () => {
    const room = aSecondLife({ state: { version: 9, at: new Date(secondsAfter(60)), etag: 'e1' } });
    const body = { version: 7, tags: { n: 1 }, properties: { desired: {}, reported: {} } };
    const properties = { operationTimestamp: secondsAfter(30) };
    await room.replay(anEvent(device, 'replaceTwin', body, { properties }));
    expect(room.target.writes).toEqual([]);
    expect(room.target.twin(device)).toMatchObject({ tags: { life: 2 } });
  });
});

describe('an identity without a row in the ledger', () => {
  it('is brought up by state, which adopts its copy, whatever the change says', async () => {
    const room = aSecondLife();
    room.registry.copyMark = () => undefined;
    await room.replay(anUpdateAt(60, 5, { tags: { a: 1 } }), anUpdateAt(61, 6, { tags: { b: 1 } }));
    expect([room.target.calls, room.registry.replicated]).toEqual([[], ['d1']]);
  });
});

describe('a change that is newer than the copy', () => {
  it('is tried with the ETag of a copy that was made a moment ago, and reads it where that is out of date', async () => {
    const room = aSecondLife({ state: { version: 4, at: new Date('2026-01-01T00:00:00Z'), etag: 'e1' } });
    await room.replay(anUpdateAt(60, 5, { tags: { a: 1 } }));
    expect(room.target.calls.map(({ op }) => op)).toEqual(['patchTwin']);
    const behind = aSecondLife({ state: { version: 4, at: new Date('2026-01-01T00:00:00Z'), etag: 'e0' } });
    await behind.replay(anUpdateAt(60, 5, { tags: { a: 1 } }));
    expect(behind.target.calls.map(({ op }) => op)).toEqual(['patchTwin', 'getTwin', 'patchTwin']);
    expect(behind.target.twin(device)?.tags).toEqual({ life: 2, a: 1 });
  });

  it('needs no reading of a copy that was written here before, in this life of the copy', async () => {
    const room = aSecondLife();
    room.clock.advance(24 * 3_600_000);
    await room.replay(anUpdateAt(60, 5, { tags: { a: 1 } }));
    await room.replay(anUpdateAt(70, 6, { tags: { a: 2 } }));
    expect(room.target.calls.map(({ op }) => op)).toEqual(['getTwin', 'patchTwin', 'patchTwin']);
    // ETags count from the start in each life: an equal one may be of another copy.
    room.registry.copyMark = () => ({ generationId: 'g3', begunAt });
    await room.replay(anUpdateAt(80, 7, { tags: { a: 3 } }));
    expect(room.target.calls.slice(3).map(({ op }) => op)).toEqual(['getTwin', 'patchTwin']);
  });

  it('is written, also behind one that is contained', async () => {
    const room = aSecondLife();
    await room.replay(anUpdateAt(1, 4, { tags: { old: 1 } }), anUpdateAt(60, 5, { tags: { a: 1 } }));
    expect(patchesOf(room.target)).toEqual([{ tags: { a: 1 } }]);
    expect(room.registry.replicated).toEqual([]);
  });
});

describe('a change whose copy is missing', () => {
  it('has it made from the source, and nothing else of its batch is written to it', async () => {
    const room = aRoom();
    room.source.add(device, { tags: { life: 2 } });
    await room.replay(
      anUpdateAt(-30, 2, { tags: { only: null } }),
      anUpdateAt(-20, 3, { tags: { only: { first: 1 } }, properties: { reported: { first: 1 } } }),
    );
    expect(room.registry.replicated).toEqual(['d1']);
    expect(room.target.calls).toHaveLength(1);
    expect(room.target.twin(device)).toMatchObject({ tags: { life: 2 }, reported: {} });
  });
});
