import { describe, expect, it } from 'vitest';

import { createIdentitySync } from '../../../src/registry/sync-identity.js';
import { failure, someKeys } from './fakes-hub.js';
import { created, deleted, device, drain, module, setUp, type Room } from './fakes-room.js';

const d = device('d');
const hour = 3_600_000;

/** A device that is mirrored, as of before its move. */
const mirrored = async (graceInMs = hour) => {
  const room = setUp({ graceInMs, reported: false });
  room.hubs.primary.addDevice('d', { authentication: someKeys('k') });
  await room.handleEvent(created('d'));
  return room;
};
/** DPS writes identity and twin of the standby's device, whatever was there; "migrate" keeps the keys. */
const moveThere = ({ hubs }: Room) => {
  hubs.secondary.edit(d, { status: 'enabled' });
  hubs.secondary.change(d, { tags: { by: 'dps' } });
};
const livesThere = ({ hubs }: Room) => {
  expect(hubs.secondary.identityOf(d)).toMatchObject({ status: 'enabled', authentication: someKeys('k') });
  expect(hubs.secondary.twinOf(d).tags).toEqual({ by: 'dps' });
};
const list = ({ ledger }: Room) => [...ledger.keptCopies.values()].map(({ key, reason }) => ({ key, reason }));

describe('a device that is moved to the standby by somebody else', () => {
  it('stays, enabled, when it is deleted on the first hub afterwards, whatever is looked at in between', async () => {
    const room = await mirrored();
    moveThere(room);
    expect(await room.handleEvent(created('d'))).toEqual({ kind: 'skipped', reason: 'foreign' });
    expect(list(room)).toEqual([{ key: d, reason: 'foreign' }]);
    livesThere(room);
    room.hubs.primary.remove(d);
    expect(await room.handleEvent(deleted('d'))).toEqual({ kind: 'skipped', reason: 'dpsMove' });
    room.clock.advance(10 * hour);
    await room.handleEvent(deleted('d'));
    await drain(room);
    livesThere(room);
    expect(await room.replicate.copyOf('primary', d)).toMatchObject({ isMoved: true });
    expect(list(room)).toEqual([{ key: d, reason: 'dpsMove' }]);
    expect(room.skips).toEqual(['foreign', 'dpsMove', 'dpsMove']);
    expect(room.ledger.marks.size).toBe(0);
  });

  it('is not overwritten by a copy that was under way while it was moved', async () => {
    const room = await mirrored();
    room.hubs.primary.change(d, { tags: { n: 1 } });
    room.hubs.primary.onCall = () => {
      room.hubs.primary.onCall = () => {};
      moveThere(room);
    };
    expect(await room.syncIdentity('primary', d)).toEqual({ kind: 'nothing', reason: 'foreign' });
    livesThere(room);
  });

  it('stays when the delete comes first, and its pending deletion ends', async () => {
    const room = await mirrored();
    room.hubs.primary.remove(d);
    expect(await room.handleEvent(deleted('d'))).toEqual({ kind: 'done', did: 'disabled' });
    moveThere(room);
    await drain(room);
    livesThere(room);
    expect(room.ledger.row(d)).toMatchObject({ state: 'copied', kept: 'dpsMove' });
    expect(room.ledger.row(d)).not.toHaveProperty('deleteAfter');
    expect(list(room)).toEqual([{ key: d, reason: 'dpsMove' }]);
  });

  it.each([0, hour])('stays when it was made there anew (grace %i)', async (graceInMs) => {
    const room = await mirrored(graceInMs);
    room.hubs.primary.remove(d);
    if (graceInMs === 0) await room.handleEvent(deleted('d'));
    else room.hubs.secondary.remove(d);
    room.hubs.secondary.addDevice('d', { authentication: someKeys('k') });
    moveThere(room);
    await room.handleEvent(deleted('d'));
    await drain(room);
    livesThere(room);
    expect(list(room)).toEqual([{ key: d, reason: 'dpsMove' }]);
  });

  it('is mirrored again once it is back, and is off the list', async () => {
    const room = await mirrored();
    moveThere(room);
    room.hubs.primary.remove(d);
    await room.handleEvent(deleted('d'));
    room.hubs.primary.addDevice('d');
    expect(await room.handleEvent(created('d'))).toEqual({ kind: 'skipped', reason: 'foreign' });
    room.hubs.secondary.remove(d);
    expect(await room.handleEvent(deleted('d', 's-hub'))).toEqual({ kind: 'done', did: 'created' });
    expect(room.hubs.secondary.contents()).toEqual(room.hubs.primary.contents());
    expect(list(room)).toEqual([]);
    expect(room.ledger.row(d)).not.toHaveProperty('kept');
  });

  it('keeps its modules', async () => {
    const m = module('d', 'm');
    const room = setUp({ graceInMs: hour, reported: false });
    room.hubs.primary.addDevice('d', { authentication: someKeys('k') });
    room.hubs.primary.addModule('d', 'm');
    await room.handleEvent(created('d'));
    const before = structuredClone(room.hubs.secondary.identityOf(m));
    moveThere(room);
    room.hubs.primary.remove(d);
    expect(await room.syncIdentity('primary', m)).toEqual({ kind: 'nothing', reason: 'dpsMove' });
    expect(room.hubs.secondary.identityOf(m)).toEqual(before);
  });

  it('keeps its modules, also where it goes while one of them is looked at', async () => {
    const m = module('d', 'm');
    const room = setUp({ graceInMs: 0, reported: false });
    room.hubs.primary.addDevice('d', { authentication: someKeys('k') });
    room.hubs.primary.addModule('d', 'm');
    await room.handleEvent(created('d'));
    const before = structuredClone(room.hubs.secondary.identityOf(m));
    moveThere(room);
    room.hubs.primary.onCall = (operation, { moduleId }) => {
      if (operation === 'getIdentity' && moduleId !== undefined) room.hubs.primary.remove(d);
    };
    expect(await room.syncIdentity('primary', m)).toEqual({ kind: 'nothing', reason: 'dpsMove' });
    expect(room.hubs.secondary.has(m) && room.hubs.secondary.identityOf(m)).toEqual(before);
  });
});

describe('a copy that an operator edited on the standby', () => {
  it('is left alone until somebody asks for this very device', async () => {
    const room = await mirrored();
    room.hubs.secondary.edit(d, { status: 'disabled', statusReason: 'by hand' });
    room.hubs.primary.edit(d, { statusReason: 'news' });
    expect(await room.syncIdentity('primary', d)).toEqual({ kind: 'nothing', reason: 'foreign' });
    expect(room.hubs.secondary.identityOf(d)).toMatchObject({ status: 'disabled', statusReason: 'by hand' });
    expect(await room.syncIdentity('primary', d, 'asked')).toEqual({ kind: 'done', did: 'updated' });
    expect(list(room)).toEqual([]);
    room.hubs.primary.edit(d, { statusReason: 'more news' });
    expect(await room.syncIdentity('primary', d)).toEqual({ kind: 'done', did: 'updated' });
  });
});

describe('whoever is connected on the standby', () => {
  const connect = ({ hubs }: Room, key = d) => hubs.secondary.connect(key, true);

  it('is neither disabled nor cut, and stays after it has gone to sleep', async () => {
    const room = await mirrored();
    connect(room);
    room.hubs.primary.edit(d, { authentication: someKeys('new') });
    expect(await room.syncIdentity('primary', d, 'asked')).toEqual({ kind: 'nothing', reason: 'homeElsewhere' });
    room.hubs.primary.remove(d);
    expect(await room.handleEvent(deleted('d'))).toEqual({ kind: 'skipped', reason: 'homeElsewhere' });
    room.hubs.secondary.connect(d, false);
    await drain(room);
    expect(room.hubs.secondary.identityOf(d)).toMatchObject({ status: 'enabled', authentication: someKeys('k') });
    expect(list(room)).toEqual([{ key: d, reason: 'homeElsewhere' }]);
  });

  it('is looked at again by one message, however many hints come', async () => {
    const room = await mirrored();
    room.hubs.secondary.connect(d, true);
    room.hubs.primary.edit(d, { authentication: someKeys('new') });
    for (let hints = 0; hints < 5; hints += 1) await room.handleEvent(created('d'));
    expect(room.queue.messages).toHaveLength(1);
    for (let looks = 0; looks < 3; looks += 1) {
      const next = room.queue.messages.shift();
      room.clock.advance(next?.delayInMs ?? 0);
      await room.handleRetry(next?.message);
      expect(room.queue.messages).toHaveLength(1);
    }
  });

  it('gets its new keys once it has left, while the source is there', async () => {
    const room = await mirrored();
    connect(room);
    room.hubs.primary.edit(d, { authentication: someKeys('new') });
    await room.syncIdentity('primary', d);
    room.hubs.secondary.connect(d, false);
    await drain(room);
    expect(room.hubs.secondary.contents()).toEqual(room.hubs.primary.contents());
    expect(list(room)).toEqual([]);
  });

  it('may be there as one of its modules, as Edge devices are', async () => {
    const room = await mirrored();
    room.hubs.secondary.addModule('d', '$edgeHub');
    connect(room, module('d', '$edgeHub'));
    room.hubs.primary.remove(d);
    expect(await room.handleEvent(deleted('d'))).toEqual({ kind: 'skipped', reason: 'homeElsewhere' });
    expect(room.hubs.secondary.identityOf(d).status).toBe('enabled');
  });

  it('is not this process itself, which writes reported properties as the device', async () => {
    const room = setUp({ graceInMs: hour });
    room.hubs.primary.addDevice('d');
    await room.handleEvent(created('d'));
    connect(room);
    room.hubs.primary.remove(d);
    expect(await room.handleEvent(deleted('d'))).toEqual({ kind: 'skipped', reason: 'homeElsewhere' });
    room.ours.add('secondary d');
    await room.handleRetry(room.queue.messages.shift()?.message);
    expect(room.hubs.secondary.identityOf(d).status).toBe('disabled');
    expect(list(room)).toEqual([]);
  });
});

describe('hubs that change places', () => {
  it('let a delete on the hub that is active then reach the other', async () => {
    const room = await mirrored();
    room.state.activeHub = 'secondary';
    room.hubs.secondary.remove(d);
    expect(await room.handleEvent(deleted('d', 's-hub'))).toEqual({ kind: 'done', did: 'disabled' });
    expect(room.hubs.primary.identityOf(d).status).toBe('disabled');
  });

  it('make nobody a stranger: what was written on either while it was active is mirrored after the way back', async () => {
    const room = await mirrored();
    room.state.activeHub = 'secondary';
    room.hubs.secondary.edit(d, { authentication: someKeys('rolled there') });
    room.clock.advance(60_000);
    expect(await room.syncIdentity('secondary', d)).toEqual({ kind: 'done', did: 'updated' });
    room.state.activeHub = 'primary';
    room.hubs.primary.edit(d, { authentication: someKeys('rolled here') });
    expect(await room.syncIdentity('primary', d)).toEqual({ kind: 'done', did: 'updated' });
    expect(room.hubs.secondary.contents()).toEqual(room.hubs.primary.contents());
    expect(list(room)).toEqual([]);
  });
});

describe('a write of ours', () => {
  it('by another instance, while this one reads, is not taken for somebody else’s', async () => {
    const room = await mirrored();
    const another = createIdentitySync(room.syncOptions);
    room.hubs.primary.edit(d, { statusReason: 'news' });
    let isRead = false;
    room.hubs.secondary.onCall = async (operation, _key, phase) => {
      if (operation !== 'getIdentity' || phase === 'before' || isRead) return;
      isRead = true;
      await another('primary', d);
    };
    expect(await room.syncIdentity('primary', d)).toEqual({ kind: 'done', did: 'unchanged' });
    expect(list(room)).toEqual([]);
  });

  it.each(['updateIdentity', 'createIdentity'] as const)('whose answer is lost (%s) stays ours', async (lost) => {
    const room = await mirrored();
    if (lost === 'createIdentity') {
      room.hubs.primary.remove(d);
      room.hubs.primary.addDevice('d');
    } else room.hubs.primary.edit(d, { authentication: someKeys('new') });
    room.hubs.secondary.onCall = (operation, _, phase) => {
      if (operation === lost && phase === 'after') throw failure('hubTimeout');
    };
    expect((await room.syncIdentity('primary', d)).kind).toBe('notNow');
    room.hubs.secondary.onCall = () => {};
    expect((await room.syncIdentity('primary', d)).kind).toBe('done');
    room.hubs.primary.remove(d);
    expect(await room.handleEvent(deleted('d'))).toEqual({ kind: 'done', did: 'disabled' });
  });

  it('that disabled a copy stays ours though the process ended before it was recorded', async () => {
    const room = await mirrored();
    room.hubs.primary.remove(d);
    let writes = 0;
    room.ledger.onCall = (operation, phase) => {
      if (operation === 'write' && phase === 'before' && (writes += 1) === 2) throw new TypeError('killed here');
    };
    await expect(room.syncIdentity('primary', d, 'deleteTold')).rejects.toThrow('killed here');
    expect(room.hubs.secondary.identityOf(d).status).toBe('disabled');
    room.ledger.onCall = () => {};
    expect(await room.syncIdentity('primary', d, 'deleteTold')).toEqual({ kind: 'done', did: 'disabled' });
    await drain(room);
    expect(room.hubs.secondary.has(d)).toBe(false);
  });
});

describe('the source, before anything is taken away', () => {
  it('must know another device of the ledger', async () => {
    const room = setUp({ graceInMs: hour });
    const ids = Array.from({ length: 22 }, (_, n) => `d${n}`);
    for (const id of ids) {
      room.hubs.primary.addDevice(id);
      await room.handleEvent(created(id));
    }
    for (const id of ids) room.hubs.primary.remove(device(id));
    for (const id of ids)
      expect(await room.handleEvent(deleted(id))).toEqual({ kind: 'queued', reason: 'sourceDoubtful' });
    expect(ids.every((id) => room.hubs.secondary.identityOf(device(id)).status === 'enabled')).toBe(true);
    room.hubs.primary.addDevice('d1');
    expect(await room.handleEvent(deleted('d0'))).toEqual({ kind: 'done', did: 'disabled' });
  });
});
