import { describe, expect, it } from 'vitest';
import { sweepMarks } from '../../../src/registry/sweep-marks.js';
import { failure } from './fakes-hub.js';
import { device, drain, setUp } from './fakes-room.js';

const aSweptRoom = () => {
  const room = setUp();
  room.hubs.primary.addDevice('d');
  return { ...room, sweep: () => sweepMarks({ ...room.hintOptions, overdueInMs: 300_000 }) };
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
