import { describe, expect, it } from 'vitest';

import { AppError } from '../../../src/errors.js';
import { failure } from './fakes-hub.js';
import { asCloudEvent, created, deleted, device, drain, setUp } from './fakes-room.js';

const d = device('d');

describe('an Event Grid event', () => {
  it('makes the copy follow a create and a delete', async () => {
    const room = setUp();
    room.hubs.primary.addDevice('d');
    expect(await room.handleEvent(created('d'))).toEqual({ kind: 'done', did: 'created' });
    expect(room.hubs.secondary.contents()).toEqual(room.hubs.primary.contents());
    room.hubs.primary.remove(d);
    expect(await room.handleEvent(deleted('d'))).toEqual({ kind: 'done', did: 'deleted' });
    expect(room.hubs.secondary.has(d)).toBe(false);
  });

  it('may come as a CloudEvent', async () => {
    const room = setUp();
    room.hubs.primary.addDevice('d');
    expect(await room.handleEvent(asCloudEvent(created('d')))).toEqual({ kind: 'done', did: 'created' });
    room.hubs.primary.remove(d);
    expect(await room.handleEvent(asCloudEvent(deleted('d')))).toEqual({ kind: 'done', did: 'deleted' });
    expect(room.hubs.secondary.has(d)).toBe(false);
  });

  it('is only a hint: a create of what is gone, and a delete of what is there', async () => {
    const room = setUp();
    expect(await room.handleEvent(created('d'))).toEqual({ kind: 'skipped', reason: 'sourceGone' });
    room.hubs.primary.addDevice('d');
    expect(await room.handleEvent(deleted('d'))).toEqual({ kind: 'done', did: 'created' });
    expect(room.skips).toEqual(['sourceGone']);
  });

  it('does nothing the second time', async () => {
    const room = setUp();
    room.hubs.primary.addDevice('d');
    await room.handleEvent(created('d'));
    const writes = room.hubs.secondary.writes().length;
    expect(await room.handleEvent(created('d'))).toEqual({ kind: 'done', did: 'unchanged' });
    expect(room.hubs.secondary.writes()).toHaveLength(writes);
  });

  it('names the hub in any case', async () => {
    const room = setUp();
    room.hubs.primary.addDevice('d');
    expect((await room.handleEvent(created('d', 'P-HUB'))).kind).toBe('done');
  });

  it.each([
    ['another type', { ...created('d'), eventType: 'Microsoft.Devices.DeviceConnected', data: {} }, 'unknownEventType'],
    ['another type as a CloudEvent', { ...asCloudEvent(created('d')), type: 'Contoso.Other' }, 'unknownEventType'],
    ['another hub', created('d', 'not-ours'), 'unknownHub'],
    ['a create that is the echo of our own', created('d', 's-hub'), 'sourceIsStandby'],
  ])('is skipped by name: %s', async (_, event, reason) => {
    const room = setUp();
    expect(await room.handleEvent(event)).toEqual({ kind: 'skipped', reason });
    expect(room.skips).toEqual([reason]);
    expect(room.queue.messages).toEqual([]);
  });

  it.each([
    ['no object', 'what is this', 'wrongShape', 'none'],
    ['no type', { id: 'a' }, 'wrongShape', 'a'],
    ['a type but no CloudEvent', { id: 'a', type: 'Microsoft.Devices.DeviceCreated' }, 'wrongShape', 'a'],
    ['a CloudEvent of no device', { ...asCloudEvent(created('d')), data: {} }, 'wrongShape', created('d').id],
    ['no device', { ...created('d'), data: { hubName: 'p-hub' } }, 'wrongShape', created('d').id],
    ['an id that is none', created('a/b'), 'invalidId', created('d').id],
    ['an event id that is no blob name', { ...created('a/b'), id: '../../x' }, 'invalidId', 'none'],
  ])('is parked with its bytes: %s', async (_, event, reason, sequence) => {
    const room = setUp();
    expect(await room.handleEvent(event)).toEqual({ kind: 'parked', reason });
    const text = typeof event === 'string' ? event : JSON.stringify(event);
    expect(room.parked).toEqual([{ source: 'event-grid', sequence, reason, body: new TextEncoder().encode(text) }]);
  });

  it('is held when it can not even be parked', async () => {
    const room = setUp();
    room.parking.park = () => Promise.reject(failure('storageUnavailable'));
    await expect(room.handleEvent({})).rejects.toMatchObject({ code: 'held', retryable: true });
  });

  it('is queued when the target is away, and done from there', async () => {
    const room = setUp();
    room.hubs.primary.addDevice('d');
    room.hubs.secondary.onCall = () => {
      throw failure('hubThrottled', 90_000);
    };
    expect(await room.handleEvent(created('d'))).toEqual({ kind: 'queued', reason: 'targetThrottled' });
    expect(room.queue.messages).toEqual([
      { message: { hubName: 'p-hub', deviceId: 'd', attempt: 1 }, delayInMs: 90_000 },
    ]);
    room.hubs.secondary.onCall = () => {};
    await drain(room);
    expect(room.hubs.secondary.contents()).toEqual(room.hubs.primary.contents());
  });

  it('is held when source, target and queue all fail', async () => {
    const room = setUp();
    for (const fake of [room.hubs.primary, room.hubs.secondary]) {
      fake.onCall = () => {
        throw failure('hubUnreachable');
      };
    }
    room.queue.onCall = () => {
      throw failure('storageUnavailable');
    };
    const rejection = await room.handleEvent(created('d')).catch((error: unknown) => error);
    expect(rejection).toBeInstanceOf(AppError);
    expect(rejection).toMatchObject({ code: 'held', retryable: true, cause: { code: 'storageUnavailable' } });
  });

  it('that is refused is marked dirty and tried again at a slow pace', async () => {
    const room = setUp();
    room.hubs.primary.addDevice('d');
    room.hubs.secondary.onCall = (operation) => {
      if (operation === 'createIdentity') throw failure('requestRefused');
    };
    expect(await room.handleEvent(created('d'))).toEqual({ kind: 'queued', reason: 'refused' });
    expect(room.ledger.mark(d)?.reason).toBe('refusedByTarget');
    expect(room.queue.messages[0]?.delayInMs).toBeGreaterThanOrEqual(5 * 60_000);
    expect(room.events.map((event) => event.id)).toEqual(['identity.refused']);
    room.hubs.secondary.onCall = () => {};
    await drain(room);
    expect(room.hubs.secondary.contents()).toEqual(room.hubs.primary.contents());
    expect(room.ledger.marks.size).toBe(0);
  });

  it('that is refused is queued even when it cannot be marked', async () => {
    const room = setUp();
    room.hubs.primary.addDevice('d');
    room.hubs.secondary.onCall = () => {
      throw failure('requestRefused');
    };
    room.ledger.onCall = (operation) => {
      if (operation === 'markDirty') throw failure('storageUnavailable');
    };
    expect(await room.handleEvent(created('d'))).toEqual({ kind: 'queued', reason: 'refused' });
    expect(room.queue.messages).toHaveLength(1);
  });

  it('that uncovers a defect rejects with it', async () => {
    const room = setUp();
    for (const plant of [room.hubs.primary, room.queue, room.ledger]) {
      plant.onCall = () => {
        throw new TypeError('a defect');
      };
    }
    await expect(room.handleEvent(created('d'))).rejects.toThrow(TypeError);
  });

  it('tells of a delete on the standby: replicated again from the active hub', async () => {
    const room = setUp();
    room.hubs.primary.addDevice('d');
    await room.handleEvent(created('d'));
    room.hubs.secondary.remove(d);
    expect(await room.handleEvent(deleted('d', 's-hub'))).toEqual({ kind: 'done', did: 'created' });
    expect(room.hubs.secondary.contents()).toEqual(room.hubs.primary.contents());
    expect(room.hubs.primary.writes()).toEqual([]);
  });

  it('tells of our own delete on the standby: nothing', async () => {
    const room = setUp();
    room.hubs.primary.addDevice('d');
    await room.handleEvent(created('d'));
    room.hubs.primary.remove(d);
    await room.handleEvent(deleted('d'));
    expect(await room.handleEvent(deleted('d', 's-hub'))).toEqual({ kind: 'skipped', reason: 'sourceGone' });
  });

  it.each(['primary', 'secondary'] as const)(
    'of a delete waits while nobody can tell the direction, then %s is active',
    async (activeHub) => {
      const room = setUp();
      const { primary, secondary } = room.hubs;
      primary.addDevice('d');
      await room.handleEvent(created('d'));
      room.state.hold = 'stateStale';
      secondary.remove(d);
      expect(await room.handleEvent(deleted('d', 's-hub'))).toEqual({ kind: 'queued', reason: 'stateStale' });
      Object.assign(room.state, { hold: undefined, activeHub });
      await drain(room);
      // The secondary's was a copy of the primary's: with the secondary active its delete counts for the pair.
      expect(Object.keys(primary.contents())).toEqual(activeHub === 'primary' ? ['d'] : []);
      expect(Object.keys(secondary.contents())).toEqual(activeHub === 'primary' ? ['d'] : []);
    },
  );
});
