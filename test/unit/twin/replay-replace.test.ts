import { describe, expect, it } from 'vitest';
import { aReplace, anUpdate } from './events.js';
import { aRoom, anError, patchesOf, setsTag } from './fakes.js';

const device = { deviceId: 'd1' };

describe('a replace', () => {
  it('nulls what the copy has too much, under the ETag that was read', async () => {
    const room = aRoom();
    room.target.add(device, {
      etag: 'e7',
      version: 7,
      tags: { keep: 1, gone: 1, deep: { x: 1, y: 1 } },
      desired: { d: 1 },
    });
    await room.replay(aReplace(device, { tags: { keep: 1, deep: { x: 2 } }, desired: {} }));
    expect(room.target.calls).toEqual([
      { op: 'getTwin', key: 'd1' },
      {
        op: 'patchTwin',
        key: 'd1',
        patch: { tags: { gone: null, deep: { x: 2, y: null } }, desired: { d: null } },
        etag: 'e7',
      },
    ]);
    expect(room.target.twin(device)).toMatchObject({ tags: { keep: 1, deep: { x: 2 } }, desired: {} });
  });

  it('writes nothing where the copy is equal, and counts as applied', async () => {
    const room = aRoom();
    room.target.add(device, { tags: { a: 1 } });
    await room.replay(aReplace(device, { tags: { a: 1 } }));
    expect(patchesOf(room.target)).toEqual([]);
    expect(room.counters.read(room.clock.now()).applied).toBe(1);
  });

  it('is made with the updates that follow it in one write', async () => {
    const room = aRoom();
    room.target.add(device, { tags: { old: 1 } });
    await room.replay(
      aReplace(device, { tags: { a: 1 } }),
      anUpdate(device, { tags: { a: null } }),
      anUpdate(device, { tags: { a: { b: 1 } } }),
    );
    expect(patchesOf(room.target)).toEqual([{ tags: { old: null, a: { b: 1 } } }]);
    expect(room.counters.read(room.clock.now())).toMatchObject({ applied: 3, coalesced: 2 });
  });

  it('reads again when somebody wrote in between', async () => {
    const room = aRoom();
    room.target.add(device, { tags: { old: 1 } });
    let rivals = 2;
    room.target.fault = ({ op }) => {
      const twin = room.target.twin(device);
      if (op === 'patchTwin' && twin && rivals-- > 0) room.target.write({ ...twin, tags: { rival: rivals } });
    };
    await room.replay(aReplace(device, { tags: { a: 1 } }));
    expect(room.target.twin(device)?.tags).toEqual({ a: 1 });
    // Three tries, each after the reading of the copy's record; at the first once more: its partition is claimed.
    expect(room.direction.asked).toBe(7);
  });

  it('waits for a better moment when somebody writes each time', async () => {
    const room = aRoom();
    room.target.add(device, { tags: { old: 1 } });
    room.target.fault = ({ op }) => {
      if (op === 'patchTwin') throw anError('preconditionFailed');
    };
    await expect(room.replay(aReplace(device, { tags: {} }))).rejects.toMatchObject({ code: 'held' });
    expect(patchesOf(room.target)).toHaveLength(5);
  });

  it('of a missing copy replicates it, also when it goes missing in between', async () => {
    const room = aRoom();
    room.source.add(device, { tags: { a: 1 } });
    await room.replay(aReplace(device, { tags: { a: 1 } }));
    expect(room.target.twin(device)?.tags).toEqual({ a: 1 });
    room.target.fault = ({ op }) => {
      if (op === 'patchTwin') room.target.twins.clear();
    };
    await room.replay(aReplace(device, { tags: { a: 2 } }));
    expect(room.registry.replicated).toEqual(['d1', 'd1']);
  });

  it('that is refused is parked alone, and the updates after it are applied', async () => {
    const room = aRoom();
    room.target.add(device, { tags: { old: 1 } });
    room.target.fault = (call) => {
      if (setsTag(call, 'old')) throw anError('requestRefused');
    };
    const guilty = aReplace(device, { tags: { a: 1 } });
    await room.replay(guilty, anUpdate(device, { tags: { b: 1 } }));
    expect(room.target.twin(device)?.tags).toEqual({ old: 1, b: 1 });
    expect(room.park.items.map(({ sequence }) => sequence)).toEqual([guilty.sequenceNumber]);
    expect(room.registry.marks).toMatchObject([{ reason: 'refusedByTarget' }]);
  });
});
