import { describe, expect, it } from 'vitest';
import { sweepDeletions, sweepMarks } from '../../../src/registry/sweep-marks.js';
import { failure } from './fakes-hub.js';
import { deleted, device, drain, setUp } from './fakes-room.js';

const aSweptRoom = () => {
  const room = setUp();
  room.hubs.primary.addDevice('d');
  return { ...room, sweep: () => sweepMarks({ ...room.syncOptions, overdueInMs: 300_000 }) };
};

describe('the sweep of dirty marks', () => {
  it('finds a mark whose message was never sent, and the repair comes about', async () => {
    const room = aSweptRoom();
    room.queue.onCall = () => {
      throw failure('storageUnavailable');
    };
    await expect(room.replicate.markDirty('primary', device('d'), 'outOfOrder')).rejects.toMatchObject({
      code: 'storageUnavailable',
    });
    room.queue.onCall = () => {};
    expect(await room.sweep()).toBe(0);
    room.clock.advance(400_000);
    expect(await room.sweep()).toBe(1);
    expect(room.events).toContainEqual({ level: 'warn', id: 'repair.swept', fields: { hub: 'p-hub', count: 1 } });
    await drain(room);
    expect(room.ledger.marks.size).toBe(0);
    expect(room.hubs.secondary.has(device('d'))).toBe(true);
  });

  it('leaves one alone whose message is on its way, however long that waits', async () => {
    const room = aSweptRoom();
    await room.replicate.markDirty('primary', device('d'), 'outOfOrder');
    room.hubs.secondary.onCall = () => {
      throw failure('hubUnavailable');
    };
    for (let attempt = 0; attempt < 15; attempt += 1) {
      const next = room.queue.messages.shift();
      room.clock.advance(next?.delayInMs ?? 0);
      expect(await room.sweep()).toBe(0);
      await room.handleRetry(next?.message);
    }
    expect(room.queue.messages).toHaveLength(1);
  });

  it('sends one message for a mark, not one in each run', async () => {
    const room = aSweptRoom();
    await room.ledger.markDirty('primary', device('d'), 'defect', room.clock.now(), room.clock.now());
    room.clock.advance(400_000);
    expect([await room.sweep(), await room.sweep()]).toEqual([1, 0]);
  });

  it('finds those of both directions', async () => {
    const room = aSweptRoom();
    for (const source of ['primary', 'secondary'] as const)
      await room.ledger.markDirty(source, device('d'), 'defect', room.clock.now(), room.clock.now());
    room.clock.advance(400_000);
    expect(await room.sweep()).toBe(2);
    expect(room.queue.messages.map(({ message }) => message.hubName)).toEqual(['p-hub', 's-hub']);
  });
});

describe('the sweep of deletions', () => {
  const hour = 3_600_000;

  /** A device that was mirrored and is gone on the primary: its copy is disabled, to be deleted in an hour. */
  const aPendingDelete = async () => {
    const room = setUp({ graceInMs: hour });
    room.hubs.primary.addDevice('d');
    await room.syncIdentity('primary', device('d'));
    room.hubs.primary.remove(device('d'));
    await room.handleEvent(deleted('d'));
    const sweep = async () => {
      const options = { ...room.syncOptions, overdueInMs: 300_000 };
      return [await sweepDeletions(options), await sweepMarks(options)];
    };
    return { ...room, sweep };
  };

  it('finds a deletion again whose message met a failover, and gives the whole grace anew', async () => {
    const room = await aPendingDelete();
    room.state.activeHub = 'secondary';
    const [sent] = room.queue.messages.splice(0);
    room.clock.advance(hour);
    expect(await room.handleRetry(sent?.message)).toEqual({ kind: 'skipped', reason: 'sourceIsStandby' });
    room.clock.advance(30 * hour);
    expect(await room.sweep()).toEqual([0, 0]);

    room.state.activeHub = 'primary';
    expect(await room.sweep()).toEqual([1, 1]);
    // One message for it, however often the sweep runs.
    expect(await room.sweep()).toEqual([0, 0]);
    const [again] = room.queue.messages.splice(0);
    expect(await room.handleRetry(again?.message)).toEqual({ kind: 'done', did: 'disabled' });
    expect(room.hubs.secondary.has(device('d'))).toBe(true);
    const deleteAfter = new Date(room.clock.now().getTime() + hour);
    expect(room.ledger.row(device('d'))).toMatchObject({ state: 'pendingDelete', deleteAfter });
    await drain(room);
    expect(room.hubs.secondary.has(device('d'))).toBe(false);
  });

  it('leaves one alone that is not due, or that somebody has enabled again on the standby', async () => {
    const room = await aPendingDelete();
    expect(await room.sweep()).toEqual([0, 0]);
    room.hubs.secondary.edit(device('d'), { status: 'enabled' });
    room.clock.advance(30 * hour);
    await room.sweep();
    await drain(room);
    expect(room.hubs.secondary.identityOf(device('d')).status).toBe('enabled');
    expect(room.ledger.keptCopies.size).toBe(1);
  });
});
