import { describe, expect, it } from 'vitest';

import { failure } from './fakes-hub.js';
import { device, drain, module, setUp } from './fakes-room.js';

const message = { hubName: 'p-hub', deviceId: 'd', attempt: 3 };

describe('a message of the retry queue', () => {
  it('repairs by state, as an object or as text', async () => {
    for (const raw of [message, JSON.stringify(message)]) {
      const room = setUp();
      room.hubs.primary.addDevice('d');
      expect(await room.handleRetry(raw)).toEqual({ kind: 'done', did: 'created' });
      expect(room.queue.messages).toEqual([]);
    }
  });

  it('costs no call to a hub when its mark was cleared meanwhile, and repairs when that cannot be told', async () => {
    const room = setUp();
    room.hubs.primary.addDevice('d');
    await room.replicate.markDirty('primary', device('d'), 'lifecycle');
    await room.syncIdentity('primary', device('d'));
    const [sent] = room.queue.messages;
    room.hubs.primary.calls.length = 0;
    expect(await room.handleRetry(sent?.message)).toEqual({ kind: 'skipped', reason: 'alreadyRepaired' });
    expect(room.hubs.primary.calls).toEqual([]);

    await room.replicate.markDirty('primary', device('d'), 'lifecycle');
    expect(await room.handleRetry(sent?.message)).toEqual({ kind: 'done', did: 'unchanged' });
    expect(room.ledger.mark(device('d'))).toBeUndefined();
    room.ledger.onCall = (operation) => {
      if (operation === 'readDirty') throw failure('storageUnavailable');
    };
    expect(await room.handleRetry(sent?.message)).toEqual({ kind: 'queued', reason: 'storageAway' });
  });

  it('repairs a module', async () => {
    const room = setUp();
    room.hubs.primary.addDevice('d');
    room.hubs.primary.addModule('d', 'm');
    await room.handleRetry({ ...message, moduleId: 'm' });
    expect(room.hubs.secondary.has(module('d', 'm'))).toBe(true);
  });

  it('is put back with the next attempt and a longer delay, for ever', async () => {
    const room = setUp();
    room.hubs.secondary.onCall = () => {
      throw failure('hubUnavailable');
    };
    for (const attempt of [1, 5, 500]) {
      expect(await room.handleRetry({ ...message, attempt })).toEqual({ kind: 'queued', reason: 'targetAway' });
    }
    const [first, second, third] = room.queue.messages;
    expect(first?.message).toEqual({ ...message, attempt: 2 });
    expect(third?.message.attempt).toBe(501);
    expect(second?.delayInMs).toBeGreaterThan(first?.delayInMs ?? 0);
    expect(third?.delayInMs).toBeLessThanOrEqual(10 * 60_000);
  });

  it('is put back at a slow pace while it is refused', async () => {
    const room = setUp();
    room.hubs.primary.addDevice('d');
    room.hubs.secondary.onCall = () => {
      throw failure('requestRefused');
    };
    expect(await room.handleRetry(message)).toEqual({ kind: 'queued', reason: 'refused' });
    expect(room.queue.messages[0]?.message.attempt).toBe(4);
    expect(room.ledger.mark(device('d'))?.reason).toBe('refusedByTarget');
  });

  it('is held when it cannot be put back', async () => {
    const room = setUp();
    room.hubs.secondary.onCall = () => {
      throw failure('hubUnavailable');
    };
    room.queue.onCall = () => {
      throw failure('storageUnavailable');
    };
    await expect(room.handleRetry(message)).rejects.toMatchObject({ code: 'held', retryable: true });
  });

  it('asks for nothing when its source is the standby by now; its mark and a message turn to the active hub', async () => {
    const room = setUp();
    room.hubs.primary.addDevice('d');
    await room.replicate.markDirty('primary', device('d'), 'holdLimit');
    room.state.activeHub = 'secondary';
    const [sent] = room.queue.messages.splice(0);
    expect(await room.handleRetry(sent?.message)).toEqual({ kind: 'skipped', reason: 'sourceIsStandby' });
    expect(room.hubs.secondary.calls).toEqual([]);
    expect(room.ledger.mark(device('d'), 'primary')).toBeUndefined();
    expect(room.ledger.mark(device('d'), 'secondary')).toMatchObject({ reason: 'holdLimit' });
    expect(room.queue.messages.map((item) => item.message)).toEqual([
      { hubName: 's-hub', deviceId: 'd', attempt: 1, marked: true },
    ]);
    await drain(room);
    expect(room.ledger.marks.size).toBe(0);
  });

  it('stays one with a mark each time it is put back, and its mark knows when it is due', async () => {
    const room = setUp();
    room.hubs.primary.addDevice('d');
    await room.replicate.markDirty('primary', device('d'), 'holdLimit');
    room.hubs.secondary.onCall = () => {
      throw failure('hubUnavailable');
    };
    const [sent] = room.queue.messages.splice(0);
    await room.handleRetry(sent?.message);
    const [again] = room.queue.messages;
    expect(again?.message).toMatchObject({ attempt: 2, marked: true });
    const dueAt = new Date(room.clock.now().getTime() + (again?.delayInMs ?? 0));
    expect(room.ledger.mark(device('d'))?.dueAt).toEqual(dueAt);
  });

  it.each([
    ['no JSON', '{oops', 'notJson'],
    ['another shape', { deviceId: 'd' }, 'wrongShape'],
    ['an attempt that is none', { ...message, attempt: 0 }, 'wrongShape'],
    ['nothing', null, 'wrongShape'],
    ['a bad device id', { ...message, deviceId: 'a b' }, 'invalidId'],
    ['a bad module id', { ...message, moduleId: '' }, 'invalidId'],
    ['a hub that is none of ours', { ...message, hubName: 'other' }, 'unexpectedHub'],
  ])('is parked when it is %s', async (_, raw, reason) => {
    const room = setUp();
    expect(await room.handleRetry(raw)).toEqual({ kind: 'parked', reason });
    const body = new TextEncoder().encode(typeof raw === 'string' ? raw : JSON.stringify(raw));
    expect(room.parked).toEqual([{ source: 'registry-retry', sequence: 'none', reason, body }]);
  });

  it('rejects with a defect, so that the host brings it to the poison queue', async () => {
    const room = setUp();
    room.hubs.primary.onCall = () => {
      throw new TypeError('a defect');
    };
    await expect(room.handleRetry(message)).rejects.toThrow(TypeError);
    expect(room.queue.messages).toEqual([]);
  });
});
