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
  room.registry.copyMark = () => ({ begunAt, state: { version: 4, at: begunAt }, ...mark });
  const skipped = () => room.counters.read(room.clock.now()).skipped;
  return { ...room, skipped };
}

describe('a change that is older than the copy', () => {
  it('is part of what was copied, or of an older life, and costs no call', async () => {
    const room = aSecondLife();
    await room.replay(anUpdateAt(-30, 3, { tags: { life: 1 } }), anUpdateAt(-20, 4, { tags: { life: 1 } }));
    expect([room.target.calls, room.registry.replicated]).toEqual([[], []]);
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
    const room = aSecondLife({ state: { version: 9, at } });
    await room.replay(anUpdateAt(50, 8, { tags: { life: 1 } }));
    expect([room.target.calls, room.registry.replicated]).toEqual([[], []]);
    // Not by its version alone: after a failover of its hub the source may count again what it has counted before.
    await room.replay(anUpdateAt(90, 8, { tags: { counted: 'again' } }));
    expect(room.target.twin(device)).toMatchObject({ tags: { life: 2, counted: 'again' } });
  });

  it('within what clocks may differ, too', async () => {
    const room = aSecondLife();
    await room.replay(anUpdateAt(1.9, 8, { tags: { life: 1 } }));
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
    incomplete.registry.copyMark = () => ({ begunAt });
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

describe('a change that is newer than the copy', () => {
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
