import type { HoldReason } from '../../../src/direction.js';
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../src/errors.js';
import { aLifecycle, anEvent, anUpdate } from './events.js';
import { aRoom, anError } from './fakes.js';

const ids = Array.from({ length: 8 }, (_, index) => ({ deviceId: `d${index}` }));
const device = { deviceId: 'd0' };
type Room = ReturnType<typeof aRoom>;
const fail = (room: Room, code: ErrorCode, key?: string) => {
  room.target.fault = (call) => {
    if (call.op !== 'getTwin' && (key === undefined || call.key === key)) throw anError(code, true);
  };
};
const updates = () => ids.map((key) => anUpdate(key, { tags: { a: 1 } }));
const aFullRoom = (options?: Parameters<typeof aRoom>[0]) => {
  const room = aRoom(options);
  for (const key of ids) room.target.add(key);
  return room;
};

describe('a batch is held', () => {
  it.each<[ErrorCode, HoldReason]>([
    ['hubUnreachable', 'targetAway'],
    ['hubTimeout', 'targetAway'],
    ['hubUnavailable', 'targetAway'],
    ['hubFailingOver', 'targetAway'],
    ['hubNotFound', 'targetAway'],
    ['hubBadAnswer', 'targetAway'],
    ['preconditionFailed', 'targetAway'],
    ['aborted', 'targetAway'],
    ['hubThrottled', 'targetThrottled'],
    ['hubQuotaExceeded', 'targetQuotaExceeded'],
    ['hubUnauthorized', 'targetUnauthorized'],
  ])('on %s as %s, whatever the verdict of the error', async (code, reason) => {
    const room = aFullRoom();
    room.target.fault = () => {
      throw anError(code, false);
    };
    await expect(room.replay(anUpdate(device, { tags: { a: 1 } }))).rejects.toMatchObject({
      code: 'held',
      retryable: true,
      message: `the batch must wait: ${reason}`,
      cause: { code },
    });
    expect(room.logger.events).toMatchObject([{ level: 'warn', id: 'twin.held', fields: { reason, code } }]);
  });

  it.each(['stateStale', 'paused', 'draining'] as const)(
    'while the direction says %s, without a call',
    async (reason) => {
      const room = aFullRoom();
      room.direction.verdict = () => ({ kind: 'hold', reason });
      const batch = [aLifecycle(device, 'createDeviceIdentity'), ...updates()];
      await expect(room.replay(...batch)).rejects.toMatchObject({ message: `the batch must wait: ${reason}` });
      expect([room.target.calls, room.registry.marks]).toEqual([[], []]);
      room.direction.verdict = () => ({ kind: 'apply' });
      await room.replay(...batch);
      expect(room.target.writes).toHaveLength(8);
    },
  );

  it('while the direction cannot be told', async () => {
    const room = aFullRoom();
    room.direction.verdict = () => {
      throw anError('storageUnavailable', true);
    };
    await expect(room.replay(...updates())).rejects.toMatchObject({ message: /stateStale/ });
  });

  it('in the middle of one identity when the direction turns between two writes', async () => {
    const room = aFullRoom();
    let asked = 0;
    // Four times before the first write: its partition is claimed in between, its copy's record and its copy are read.
    room.direction.verdict = () => (++asked === 5 ? { kind: 'hold', reason: 'paused' } : { kind: 'apply' });
    const batch = [anUpdate(device, { tags: { a: null } }), anUpdate(device, { tags: { a: { b: 1 } } })];
    await expect(room.replay(...batch)).rejects.toMatchObject({ message: /paused/ });
    expect(room.target.writes).toHaveLength(1);
    await room.replay(...batch);
    expect(room.target.writes.map(({ patch }) => patch)).toEqual([{ tags: { a: null } }, { tags: { a: { b: 1 } } }]);
  });
});

describe('a held batch that comes again', () => {
  it('does what is left and nothing twice', async () => {
    const room = aFullRoom();
    fail(room, 'hubBadAnswer', 'd3');
    const batch = updates();
    await expect(room.replay(...batch)).rejects.toMatchObject({ code: 'held' });
    expect(room.target.writes).toHaveLength(8);
    room.target.fault = () => {};
    await room.replay(...batch);
    expect(room.target.writes.map(({ key }) => key).slice(8)).toEqual(['d3']);
    expect(room.counters.read(room.clock.now()).applied).toBe(8);
  });

  it('asks for nothing when it comes again after it completed', async () => {
    const room = aFullRoom();
    const batch = updates();
    await room.replay(...batch);
    await room.replay(...batch);
    expect(room.target.writes).toHaveLength(8);
    expect(room.counters.read(room.clock.now()).skipped).toEqual({ duplicate: 8 });
  });

  it('goes on where it stopped after a batch of another partition', async () => {
    const room = aFullRoom();
    fail(room, 'hubBadAnswer', 'd3');
    const batch = updates();
    await expect(room.replay(...batch)).rejects.toMatchObject({ code: 'held' });
    room.target.fault = () => {};
    await room.replayer.replayBatch(updates(), { partitionId: '4', eventHubName: 'devicetwin' });
    expect(room.target.writes).toHaveLength(16);
    await room.replay(...batch);
    expect(room.target.writes).toHaveLength(17);
  });

  it('is forgotten after another batch of its partition: what is older than that one is left to repair by state', async () => {
    const room = aFullRoom();
    const batch = updates();
    fail(room, 'hubBadAnswer', 'd3');
    await expect(room.replay(...batch)).rejects.toMatchObject({ code: 'held' });
    room.target.fault = () => {};
    await room.replay(...updates());
    const calls = room.target.writes.length;
    await room.replay(...batch);
    expect(room.target.writes).toHaveLength(calls);
    expect(room.registry.marks.map(({ reason }) => reason)).toEqual(Array.from({ length: 8 }, () => 'outOfOrder'));
  });

  it('does not call for those that were not begun once the target is plainly away', async () => {
    const room = aFullRoom({ concurrency: 2 });
    fail(room, 'hubUnreachable');
    await expect(room.replay(...updates())).rejects.toMatchObject({ code: 'held' });
    expect(room.target.writes.map(({ key }) => key)).toEqual(['d0', 'd1']);
  });

  it('tries others first next time, so that one bad identity never blocks them', async () => {
    const room = aFullRoom({ concurrency: 1 });
    fail(room, 'hubUnavailable', 'd0');
    const batch = updates();
    await expect(room.replay(...batch)).rejects.toMatchObject({ code: 'held' });
    await expect(room.replay(...batch)).rejects.toMatchObject({ code: 'held' });
    expect(room.counters.read(room.clock.now()).applied).toBe(7);
  });

  it('counts its skips once', async () => {
    const room = aFullRoom();
    fail(room, 'hubUnavailable');
    const batch = [anUpdate(device, {}), anUpdate(device, { tags: { a: 1 } })];
    await expect(room.replay(...batch)).rejects.toMatchObject({ code: 'held' });
    room.target.fault = () => {};
    await room.replay(...batch);
    expect(room.counters.read(room.clock.now()).skipped).toEqual({ nothingToDo: 1 });
  });
});

describe('held longer than the limit', () => {
  const holdPast = async (room: Room, batch: ReturnType<typeof updates>, ms = 60_001) => {
    await expect(room.replay(...batch)).rejects.toMatchObject({ code: 'held' });
    room.clock.advance(ms);
  };

  it('leaves what is unfinished to repair by state, says so, and returns', async () => {
    const room = aFullRoom();
    fail(room, 'hubBadAnswer', 'd3');
    const batch = updates();
    await holdPast(room, batch);
    await room.replay(...batch);
    expect(room.registry.marks).toEqual([{ source: 'primary', key: { deviceId: 'd3' }, reason: 'holdLimit' }]);
    expect(room.logger.events).toContainEqual({
      level: 'warn',
      id: 'twin.resyncRequired',
      fields: { hub: 'primary', deviceId: 'd3', reason: 'targetAway' },
    });
  });

  it('marks those too that were not begun', async () => {
    const room = aFullRoom({ concurrency: 1 });
    fail(room, 'hubUnreachable');
    const batch = updates();
    await holdPast(room, batch);
    await room.replay(...batch);
    expect(room.registry.marks.map(({ key }) => key.deviceId).sort()).toEqual(ids.map(({ deviceId }) => deviceId));
  });

  it('is still tried a last time first', async () => {
    const room = aFullRoom();
    fail(room, 'hubUnreachable');
    const batch = updates();
    await holdPast(room, batch);
    room.target.fault = () => {};
    await room.replay(...batch);
    expect(room.registry.marks).toEqual([]);
    expect(room.counters.read(room.clock.now()).applied).toBe(8);
  });

  it('goes on holding at the limit itself', async () => {
    const room = aFullRoom();
    fail(room, 'hubUnreachable');
    const batch = updates();
    await holdPast(room, batch, 60_000);
    await expect(room.replay(...batch)).rejects.toMatchObject({ code: 'held' });
  });

  it('makes no batch behind it wait as long again, until one comes through', async () => {
    const room = aFullRoom();
    fail(room, 'hubUnreachable');
    const batch = updates();
    await holdPast(room, batch);
    await room.replay(...batch);
    expect(room.registry.marks).toHaveLength(8);
    await room.replay(...updates());
    expect(room.registry.marks).toHaveLength(16);
    room.target.fault = () => {};
    await room.replay(...updates());
    fail(room, 'hubUnreachable');
    await expect(room.replay(...updates())).rejects.toMatchObject({ code: 'held' });
  });

  it('keeps a partition waiting a minute at the most for reported properties alone', async () => {
    const room = aFullRoom({ holdLimitInMs: 3_600_000 });
    room.target.fault = ({ op }) => {
      if (op === 'patchReported') throw anError('deviceConnectionFailed', true);
    };
    const batch = [anUpdate({ deviceId: 'd1' }, { desired: { a: 1 }, reported: { a: 1 } })];
    await holdPast(room, batch);
    await room.replay(...batch);
    expect(room.registry.marks).toEqual([{ source: 'primary', key: { deviceId: 'd1' }, reason: 'reportedNotWritten' }]);
    expect(room.target.twin('d1')?.desired).toEqual({ a: 1 });
  });

  it('keeps a partition waiting a minute at the most for the trouble of one identity alone', async () => {
    const room = aFullRoom({ holdLimitInMs: 3_600_000 });
    fail(room, 'hubBadAnswer', 'd3');
    const batch = updates();
    await holdPast(room, batch);
    await room.replay(...batch);
    expect(room.registry.marks).toEqual([{ source: 'primary', key: { deviceId: 'd3' }, reason: 'holdLimit' }]);
  });

  it('keeps waiting for a hub that is away to all', async () => {
    const room = aFullRoom({ holdLimitInMs: 3_600_000 });
    fail(room, 'hubUnreachable', 'd3');
    const batch = updates();
    await holdPast(room, batch);
    await expect(room.replay(...batch)).rejects.toMatchObject({ code: 'held' });
    expect(room.counters.read(room.clock.now()).held).toEqual({ targetAway: 1 });
  });

  it('goes on holding where the state is stale: nothing can be decided', async () => {
    const room = aFullRoom();
    room.direction.verdict = () => ({ kind: 'hold', reason: 'stateStale' });
    const batch = updates();
    await holdPast(room, batch);
    await expect(room.replay(...batch)).rejects.toMatchObject({ message: /stateStale/ });
    expect(room.registry.marks).toEqual([]);
  });

  it('goes on holding for what cannot be parked', async () => {
    const room = aFullRoom();
    room.park.fault = () => {
      throw anError('storageUnavailable', true);
    };
    const batch = [anEvent(device, 'updateTwin', Buffer.from('{'))];
    await holdPast(room, batch);
    await expect(room.replay(...batch)).rejects.toMatchObject({ message: /storageAway/ });
  });

  it('goes on holding for what the target refused and cannot be parked', async () => {
    const room = aFullRoom();
    room.target.fault = ({ op }) => {
      if (op === 'patchTwin') throw anError('requestRefused');
    };
    room.park.fault = () => {
      throw anError('storageUnavailable', true);
    };
    const batch = [anUpdate(device, { tags: { a: 1 } })];
    await holdPast(room, batch);
    await expect(room.replay(...batch)).rejects.toMatchObject({ message: /storageAway/ });
    room.park.fault = () => {};
    await room.replay(...batch);
    expect(room.park.items).toMatchObject([{ reason: 'refusedByTarget' }]);
  });

  it('goes on holding while the marks cannot be written', async () => {
    const room = aFullRoom();
    fail(room, 'hubUnreachable');
    room.registry.markFault = () => {
      throw anError('storageUnavailable', true);
    };
    const batch = updates();
    await holdPast(room, batch);
    await expect(room.replay(...batch)).rejects.toMatchObject({ message: /storageAway/ });
    room.registry.markFault = () => {};
    await room.replay(...batch);
    expect(room.registry.marks).toHaveLength(8);
  });
});
