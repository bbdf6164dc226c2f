import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  closed,
  isEarlierLife,
  judgeTaking,
  limitOf,
  opened,
  type BreakerState,
} from '../../../src/registry/breaker.js';
import { awaitWordInMs } from '../../../src/registry/await-word.js';
import { closeBreakers, listOpen } from '../../../src/registry/guard-taking.js';
import { failure, someKeys } from './fakes-hub.js';
import { deleted, device, drain, setUp } from './fakes-room.js';

const at = (minutes: number) => new Date(Date.UTC(2026, 10, 21, 0, minutes));
const ids = (count: number) => Array.from({ length: count }, (_, index) => `d${index}`);

/** Devices that are on both hubs, by our own copying. */
const aFleet = async (count: number, more: Parameters<typeof setUp>[0] = {}) => {
  const room = setUp({ graceInMs: 3_600_000, ...more });
  for (const id of ids(count)) {
    room.hubs.primary.addDevice(id);
    await room.syncIdentity('primary', device(id));
  }
  const enabled = () => ids(count).filter((id) => room.hubs.secondary.identityOf(device(id)).status === 'enabled');
  return { ...room, enabled };
};

describe('the limit', () => {
  it('is the setting, or the greater of 20 and a twentieth of what is known', () => {
    expect([limitOf(7, 1_000), limitOf(0, 10), limitOf(0, 1_000)]).toEqual([7, 20, 50]);
  });

  it('is never passed within an hour, whatever comes in whatever order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(30), { maxLength: 80 }), fc.integer({ min: 1, max: 10 }), (gaps, limit) => {
        let state: BreakerState | undefined;
        let now = 0;
        const taken: number[] = [];
        for (const gap of gaps) {
          now += gap;
          const judged = judgeTaking(state, { now: at(now), limit, isCounted: true });
          if (judged.mayTake) taken.push(now);
          ({ state } = judged);
          // Whatever is stopped is stopped by an open breaker, and stays so.
          expect(judged.mayTake).toBe(state.open === undefined);
          const openedAt = state.open?.since ?? at(now);
          expect(taken.every((minute) => at(minute) <= openedAt)).toBe(true);
          // Windows begin with a taking: at most two of them meet in one hour.
          expect(taken.filter((minute) => minute > now - 60).length).toBeLessThanOrEqual(2 * limit);
        }
      }),
    );
  });

  it('begins anew after an hour', () => {
    const full = { windowStartedAt: at(0), taken: 3, allowed: 0 };
    expect(judgeTaking(full, { now: at(59), limit: 3, isCounted: true }).mayTake).toBe(false);
    expect(judgeTaking(full, { now: at(60), limit: 3, isCounted: true })).toMatchObject({
      mayTake: true,
      state: { taken: 1 },
    });
  });

  it('does not count a deletion whose disabling was counted, and stops it all the same', () => {
    const full = { windowStartedAt: at(0), taken: 3, allowed: 0 };
    expect(judgeTaking(full, { now: at(1), limit: 3, isCounted: false }).mayTake).toBe(true);
    const open = opened(full, 'massChange', at(1));
    expect(judgeTaking(open, { now: at(1), limit: 3, isCounted: false }).mayTake).toBe(false);
  });

  it('is raised by as many as a person allows', () => {
    const state = closed(at(0), 2);
    const first = judgeTaking(state, { now: at(0), limit: 0, isCounted: true });
    const second = judgeTaking(first.state, { now: at(0), limit: 0, isCounted: true });
    const third = judgeTaking(second.state, { now: at(0), limit: 0, isCounted: true });
    expect([first.mayTake, second.mayTake, third.mayTake]).toEqual([true, true, false]);
  });
});

describe('an active hub that loses many devices', () => {
  it('takes the access of no more copies than the limit; the rest waits for a person and is then worked off', async () => {
    const room = await aFleet(30, { massChangeLimit: 5 });
    for (const id of ids(12)) {
      room.hubs.primary.remove(device(id));
      await room.handleEvent(deleted(id));
    }
    expect(room.enabled()).toHaveLength(25);
    expect(await listOpen(room.ledger)).toMatchObject([{ source: 'primary', reason: 'massChange', taken: 5 }]);
    expect(room.events).toContainEqual({
      level: 'error',
      id: 'breaker.opened',
      fields: { hub: 'p-hub', reason: 'massChange' },
    });
    // Others go on.
    room.hubs.primary.addDevice('new');
    expect(await room.syncIdentity('primary', device('new'))).toMatchObject({ did: 'created' });

    expect(await closeBreakers(room, 7)).toEqual([{ source: 'primary', reason: 'massChange' }]);
    await drain(room);
    expect(await listOpen(room.ledger)).toEqual([]);
    expect(ids(12).filter((id) => room.hubs.secondary.has(device(id)))).toEqual([]);
  });

  it('keeps a row that cannot be written from letting anything through', async () => {
    const room = await aFleet(1);
    room.ledger.breaker.write = () => Promise.reject(failure('storageUnavailable'));
    room.hubs.primary.remove(device('d0'));
    await room.handleEvent(deleted('d0'));
    expect(room.enabled()).toEqual(['d0']);
    expect(room.queue.messages).toHaveLength(1);
  });

  it('counts keys that are taken and devices that are disabled there, too', async () => {
    const room = await aFleet(6, { massChangeLimit: 2 });
    room.hubs.primary.edit(device('d0'), { authentication: someKeys('rolled') });
    for (const id of ['d1', 'd2', 'd3']) room.hubs.primary.edit(device(id), { status: 'disabled' });
    const outcomes = [];
    for (const id of ids(4)) outcomes.push(await room.syncIdentity('primary', device(id)));
    expect(outcomes.slice(0, 2)).toMatchObject([{ did: 'updated' }, { did: 'updated' }]);
    expect(outcomes.slice(2)).toMatchObject([{ reason: 'breakerOpen' }, { reason: 'breakerOpen' }]);
  });

  it('does not count what was not done', async () => {
    const room = await aFleet(2, { massChangeLimit: 1 });
    room.hubs.primary.edit(device('d0'), { status: 'disabled' });
    room.hubs.secondary.onCall = (operation) => {
      if (operation === 'updateIdentity') throw failure('hubThrottled');
    };
    for (let tries = 0; tries < 3; tries += 1)
      expect(await room.syncIdentity('primary', device('d0'))).toMatchObject({ reason: 'targetThrottled' });
    expect(room.ledger.breakers.get('primary')).toMatchObject({ taken: 0 });
    room.hubs.secondary.onCall = () => {};
    expect(await room.syncIdentity('primary', device('d0'))).toMatchObject({ did: 'updated' });
  });
});

describe('an active hub that was rolled back', () => {
  it('is known by a version that went back', async () => {
    const room = await aFleet(2);
    room.hubs.primary.change(device('d0'), { tags: { a: 1 } });
    await room.syncIdentity('primary', device('d0'));
    room.hubs.primary.twinOf(device('d0')).version = 2;
    await room.syncIdentity('primary', device('d0'));
    expect(await listOpen(room.ledger)).toMatchObject([{ source: 'primary', reason: 'sourceRolledBack' }]);
    room.hubs.primary.remove(device('d1'));
    await room.handleEvent(deleted('d1'));
    expect(room.enabled()).toEqual(['d0', 'd1']);
  });

  it('is known by identities that went away without a word, before any copy loses its access', async () => {
    const room = await aFleet(60);
    // The hub still knows every other device.
    const lost = ids(60).filter((_, index) => index % 2 === 0);
    for (const id of lost) {
      room.hubs.primary.remove(device(id));
      await room.replicate.markDirty('primary', device(id), 'holdLimit');
    }
    for (let round = 0; round < 1_000; round += 1) {
      const next = room.queue.messages.shift();
      room.clock.advance(next?.delayInMs ?? 0);
      await room.handleRetry(next?.message);
    }
    expect(room.enabled()).toHaveLength(60);
    expect(await listOpen(room.ledger)).toMatchObject([{ source: 'primary', reason: 'sourceRolledBack', taken: 0 }]);
    expect(await room.ledger.countDirty()).toBe(30);

    await closeBreakers(room, 30);
    await drain(room);
    expect(lost.filter((id) => room.hubs.secondary.has(device(id)))).toEqual([]);
  });

  it('is not suspected where a few events were lost: these copies go two minutes later', async () => {
    const room = await aFleet(6);
    for (const id of ids(5)) {
      room.hubs.primary.remove(device(id));
      expect(await room.syncIdentity('primary', device(id))).toMatchObject({ reason: 'deletionNotTold' });
    }
    room.clock.advance(awaitWordInMs - 1);
    expect(await room.syncIdentity('primary', device('d0'))).toMatchObject({ reason: 'deletionNotTold' });
    room.clock.advance(1);
    for (const id of ids(5)) expect(await room.syncIdentity('primary', device(id))).toMatchObject({ did: 'disabled' });
    expect(await listOpen(room.ledger)).toEqual([]);
  });

  it('is not suspected because of a device that came back: its next end is awaited anew', async () => {
    const room = await aFleet(2);
    const back = structuredClone(room.hubs.primary.identityOf(device('d0')));
    room.hubs.primary.remove(device('d0'));
    await room.syncIdentity('primary', device('d0'));
    room.hubs.primary.addDevice('d0');
    room.hubs.primary.edit(device('d0'), back);
    await room.syncIdentity('primary', device('d0'));
    expect(await room.ledger.countMissing('primary', 9)).toBe(0);
    room.clock.advance(awaitWordInMs);
    room.hubs.primary.remove(device('d0'));
    expect(await room.syncIdentity('primary', device('d0'))).toMatchObject({ reason: 'deletionNotTold' });
    // An event ends the waiting.
    expect(await room.handleEvent(deleted('d0'))).toEqual({ kind: 'done', did: 'disabled' });
    expect(await room.ledger.countMissing('primary', 9)).toBe(0);
  });

  it('or by a life that came back', () => {
    expect(isEarlierLife('637000000000000001', '637000000000000002')).toBe(true);
    expect([isEarlierLife('2', '2'), isEarlierLife('3', '2'), isEarlierLife('a', 'b')]).toEqual([false, false, false]);
  });
});
