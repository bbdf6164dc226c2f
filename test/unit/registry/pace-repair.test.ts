import { describe, expect, it } from 'vitest';
import { createRepairPace } from '../../../src/pacing/repair-pace.js';
import { paceRepairs } from '../../../src/registry/pace-repair.js';
import { failure } from './fakes-hub.js';
import { device, setUp } from './fakes-room.js';

const message = (deviceId: string) => ({ hubName: 'p-hub', deviceId, attempt: 1 });

function setUpPaced(perMinute: number) {
  const room = setUp();
  const { clock, ledger, queue } = room;
  const nextTurn = createRepairPace(perMinute, clock);
  const hubNames = { primary: 'p-hub', secondary: 's-hub' };
  return { ...room, handle: paceRepairs({ hubNames, ledger, queue, clock, nextTurn }, room.handleRetry) };
}

const addDirty = async (room: ReturnType<typeof setUpPaced>, count: number, reason = 'holdLimit') => {
  const ids = Array.from({ length: count }, (_, index) => `d${index}`);
  for (const id of ids) {
    room.hubs.primary.addDevice(id);
    await room.ledger.markDirty('primary', device(id), reason, room.clock.now(), room.clock.now());
  }
  return ids;
};

describe('repairs of dirty ids', () => {
  it("pass a minute's worth at once, and then wait on the queue for their turns", async () => {
    const room = setUpPaced(60);
    const ids = await addDirty(room, 100);
    const outcomes = [];
    for (const id of ids) outcomes.push(await room.handle(message(id)));
    expect(outcomes.filter(({ kind }) => kind === 'done')).toHaveLength(60);
    expect(room.queue.messages.map(({ delayInMs }) => Math.round(delayInMs))).toEqual(
      Array.from({ length: 40 }, (_, index) => (index + 1) * 1000),
    );
  });

  it('keep their turn: each waits once, and all are repaired at the set pace', async () => {
    const room = setUpPaced(60);
    for (const id of await addDirty(room, 100)) await room.handle(message(id));
    const startedAtInMs = room.clock.monotonicInMs();
    for (const { message, delayInMs } of room.queue.messages.splice(0)) {
      room.clock.advance(startedAtInMs + delayInMs - room.clock.monotonicInMs());
      expect((await room.handle(message)).kind).toBe('done');
    }
    expect(room.clock.monotonicInMs() - startedAtInMs).toBe(40_000);
    expect(room.queue.messages).toEqual([]);
    expect(room.ledger.marks.size).toBe(0);
  });

  it('wait for another turn when they fail and come back', async () => {
    const room = setUpPaced(1);
    await addDirty(room, 2);
    await room.handle(message('d0'));
    room.hubs.secondary.onCall = () => {
      throw failure('hubUnavailable');
    };
    await room.handle({ ...message('d1'), turn: true });
    expect(room.queue.messages[0]?.message).toEqual({ ...message('d1'), attempt: 2 });
    expect(await room.handle(room.queue.messages[0]?.message)).toEqual({ kind: 'queued', reason: 'repairPaced' });
  });

  it('never slow down what is no repair: new devices, and ids without a mark', async () => {
    const room = setUpPaced(1);
    for (const id of await addDirty(room, 50, 'lifecycle')) expect((await room.handle(message(id))).kind).toBe('done');
    for (let i = 0; i < 50; i += 1) expect((await room.handle(message('d1'))).kind).toBe('done');
  });

  it('are put back by their handler while the marks cannot be read', async () => {
    const room = setUpPaced(60);
    await addDirty(room, 1);
    room.ledger.onCall = () => {
      throw failure('storageUnavailable');
    };
    expect(await room.handle(message('d0'))).toEqual({ kind: 'queued', reason: 'storageAway' });
    expect(room.queue.messages).toHaveLength(1);
  });

  it('stay with the host when they cannot be put back', async () => {
    const room = setUpPaced(1);
    await addDirty(room, 2);
    await room.handle(message('d0'));
    room.queue.onCall = () => {
      throw failure('storageUnavailable');
    };
    await expect(room.handle(message('d1'))).rejects.toMatchObject({ code: 'held' });
  });
});
