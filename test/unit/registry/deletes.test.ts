import { describe, expect, it } from 'vitest';

import type { ErrorCode } from '../../../src/errors.js';
import { failure } from './fakes-hub.js';
import { device, drain, setUp } from './fakes-room.js';

const d = device('d');
const hour = 3_600_000;

describe('a delete', () => {
  const codes: ErrorCode[] = ['hubNotFound', 'hubFailingOver', 'hubBadAnswer', 'hubUnauthorized', 'hubUnreachable'];
  it.each(codes)('needs the exact answer: %s of the source is none', async (code) => {
    const room = setUp();
    room.hubs.primary.addDevice('d');
    await room.syncIdentity('primary', d);
    room.hubs.primary.remove(d);
    room.hubs.primary.onCall = () => {
      throw failure(code);
    };
    expect(await room.syncIdentity('primary', d)).toMatchObject({
      kind: 'notNow',
      reason: 'sourceAway',
      error: { code },
    });
    expect(room.hubs.secondary.has(d)).toBe(true);
  });

  it('never happens to what the ledger does not know', async () => {
    const room = setUp();
    room.hubs.secondary.addDevice('d');
    expect(await room.syncIdentity('primary', d)).toEqual({ kind: 'nothing', reason: 'noLedgerEvidence' });
    expect(room.hubs.secondary.writes()).toEqual([]);
  });

  it('never happens to another one than our copy', async () => {
    const room = setUp();
    room.hubs.primary.addDevice('d');
    await room.syncIdentity('primary', d);
    room.hubs.primary.remove(d);
    room.hubs.secondary.remove(d);
    room.hubs.secondary.addDevice('d');
    expect(await room.syncIdentity('primary', d)).toEqual({ kind: 'nothing', reason: 'dpsMove' });
    expect(room.hubs.secondary.has(d)).toBe(true);
  });

  it('happens to an adopted one: it is ours from then on', async () => {
    const room = setUp();
    room.hubs.primary.addDevice('d');
    room.hubs.secondary.addDevice('d');
    expect(await room.syncIdentity('primary', d)).toEqual({ kind: 'done', did: 'updated' });
    expect(room.hubs.secondary.contents()).toEqual(room.hubs.primary.contents());
    room.hubs.primary.remove(d);
    expect(await room.syncIdentity('primary', d, 'deleteTold')).toEqual({ kind: 'done', did: 'deleted' });
    expect(room.ledger.row(d)?.state).toBe('tombstone');
  });

  it('disables first, deletes when the grace is over, and asks for that itself', async () => {
    const room = setUp({ graceInMs: 10 * 24 * hour });
    const { primary, secondary } = room.hubs;
    primary.addDevice('d');
    await room.syncIdentity('primary', d);
    primary.remove(d);
    expect(await room.syncIdentity('primary', d, 'deleteTold')).toEqual({ kind: 'done', did: 'disabled' });
    expect(secondary.identityOf(d).status).toBe('disabled');
    expect(room.queue.messages).toEqual([
      { message: { hubName: 'p-hub', deviceId: 'd', attempt: 1, deleteTold: true }, delayInMs: 7 * 24 * hour },
    ]);
    const first = room.queue.messages.shift();
    room.clock.advance(first?.delayInMs ?? 0);
    await room.handleRetry(first?.message);
    expect(secondary.has(d)).toBe(true);
    expect(room.queue.messages.map((m) => m.delayInMs)).toEqual([3 * 24 * hour]);
    await drain(room);
    expect(secondary.has(d)).toBe(false);
    expect(room.ledger.row(d)?.state).toBe('tombstone');
  });

  it('is taken back when the same life shows again within the grace', async () => {
    const room = setUp({ graceInMs: hour });
    const { primary, secondary } = room.hubs;
    primary.addDevice('d');
    await room.syncIdentity('primary', d);
    const back = structuredClone(primary.identityOf(d));
    primary.remove(d);
    await room.syncIdentity('primary', d, 'deleteTold');
    primary.addDevice('d');
    primary.edit(d, back);
    expect(await room.syncIdentity('primary', d)).toEqual({ kind: 'done', did: 'updated' });
    expect(secondary.identityOf(d).status).toBe('enabled');
    expect(room.ledger.row(d)?.state).toBe('copied');
    await drain(room);
    expect(secondary.contents()).toEqual(primary.contents());
  });

  it('reaches a copy whose create was answered by nobody', async () => {
    const room = setUp();
    room.hubs.primary.addDevice('d');
    room.hubs.secondary.onCall = (operation, _, phase) => {
      if (operation === 'createIdentity' && phase === 'after') throw failure('hubTimeout');
    };
    expect((await room.syncIdentity('primary', d)).kind).toBe('notNow');
    room.hubs.primary.remove(d);
    expect(await room.syncIdentity('primary', d, 'deleteTold')).toEqual({ kind: 'done', did: 'deleted' });
    expect(room.hubs.secondary.has(d)).toBe(false);
  });

  it('waits for a create that may still arrive', async () => {
    const room = setUp();
    const { authentication } = room.hubs.primary.addDevice('d');
    room.hubs.secondary.onCall = (operation) => {
      if (operation === 'createIdentity') throw failure('hubTimeout');
    };
    await room.syncIdentity('primary', d);
    room.hubs.secondary.onCall = () => {};
    room.hubs.primary.remove(d);
    expect(await room.syncIdentity('primary', d)).toEqual({ kind: 'nothing', reason: 'copyUnderWay' });
    room.hubs.secondary.addDevice('d', { authentication });
    await drain(room);
    expect(room.hubs.secondary.has(d)).toBe(false);
  });

  it('never happens to what somebody else made where our own create was refused', async () => {
    const room = setUp();
    room.hubs.primary.addDevice('d');
    room.hubs.secondary.onCall = (operation) => {
      if (operation === 'createIdentity') throw failure('requestRefused');
    };
    await room.syncIdentity('primary', d);
    room.hubs.secondary.onCall = () => {};
    room.hubs.primary.remove(d);
    room.hubs.secondary.addDevice('d');
    expect(await room.syncIdentity('primary', d)).toEqual({ kind: 'nothing', reason: 'dpsMove' });
    await drain(room);
    expect(room.hubs.secondary.identityOf(d).status).toBe('enabled');
  });
});
