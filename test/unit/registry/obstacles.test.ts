import { describe, expect, it } from 'vitest';

import type { ErrorCode } from '../../../src/errors.js';
import { failure } from './fakes-hub.js';
import { device, drain, setUp } from './fakes-room.js';

const d = device('d');

describe('a dirty mark', () => {
  it('is cleared by a repair', async () => {
    const room = setUp();
    room.hubs.primary.addDevice('d');
    await room.replicate.markDirty('primary', d, 'holdLimit');
    await drain(room);
    expect(room.ledger.marks.size).toBe(0);
    expect(room.hubs.secondary.has(d)).toBe(true);
  });

  it('that was renewed during the repair stays', async () => {
    const room = setUp();
    room.hubs.primary.addDevice('d');
    await room.replicate.markDirty('primary', d, 'holdLimit');
    room.hubs.secondary.onCall = async (operation, _, phase) => {
      if (operation === 'createIdentity' && phase === 'after')
        await room.replicate.markDirty('primary', d, 'lifecycle');
    };
    expect((await room.syncIdentity('primary', d)).kind).toBe('done');
    expect(room.ledger.mark(d)?.reason).toBe('lifecycle');
    await drain(room);
    expect(room.ledger.marks.size).toBe(0);
  });

  it('stays while the repair cannot be done', async () => {
    const room = setUp();
    room.hubs.primary.addDevice('d');
    await room.replicate.markDirty('primary', d, 'holdLimit');
    room.hubs.secondary.onCall = () => {
      throw failure('hubThrottled');
    };
    await room.syncIdentity('primary', d);
    expect(room.ledger.mark(d)?.reason).toBe('holdLimit');
  });
});

describe('what stands in the way', () => {
  const cases: [ErrorCode, string][] = [
    ['hubUnreachable', 'targetAway'],
    ['hubTimeout', 'targetAway'],
    ['hubUnavailable', 'targetAway'],
    ['hubFailingOver', 'targetAway'],
    ['hubNotFound', 'targetAway'],
    ['hubBadAnswer', 'targetAway'],
    ['hubThrottled', 'targetThrottled'],
    ['hubQuotaExceeded', 'targetQuotaExceeded'],
    ['hubUnauthorized', 'targetUnauthorized'],
  ];
  it.each(cases)('is named: %s of the target is %s', async (code, reason) => {
    const room = setUp();
    room.hubs.primary.addDevice('d');
    room.hubs.secondary.onCall = () => {
      throw failure(code);
    };
    expect(await room.syncIdentity('primary', d)).toMatchObject({
      kind: 'notNow',
      reason,
      side: 'target',
      error: { code },
    });
  });

  it('is named for the storage, too', async () => {
    const room = setUp();
    room.hubs.primary.addDevice('d');
    room.ledger.onCall = () => {
      throw failure('storageUnavailable');
    };
    expect(await room.syncIdentity('primary', d)).toMatchObject({
      kind: 'notNow',
      reason: 'storageAway',
      side: 'storage',
    });
    expect(room.hubs.secondary.writes()).toEqual([]);
  });

  it('is a refusal when no repetition mends it', async () => {
    const room = setUp();
    room.hubs.primary.addDevice('d');
    room.hubs.secondary.onCall = (operation) => {
      if (operation === 'createIdentity') throw failure('requestRefused');
    };
    expect(await room.syncIdentity('primary', d)).toMatchObject({ kind: 'refused', side: 'target' });
  });

  it('is a refusal when the source hides the keys', async () => {
    const room = setUp();
    room.hubs.primary.addDevice('d', { authentication: { type: 'sas' } });
    const outcome = await room.syncIdentity('primary', d);
    expect(outcome).toMatchObject({ kind: 'refused', side: 'source', error: { code: 'hubUnauthorized' } });
    expect(room.hubs.secondary.writes()).toEqual([]);
  });

  it('may be a defect, which is nobody’s outcome', async () => {
    const room = setUp();
    room.hubs.primary.onCall = () => {
      throw new TypeError('a defect');
    };
    await expect(room.syncIdentity('primary', d)).rejects.toThrow(TypeError);
  });

  it('is told for reported when all else is copied', async () => {
    const room = setUp();
    const { primary, secondary } = room.hubs;
    primary.addDevice('d');
    primary.addModule('d', 'm');
    primary.change(d, { tags: { a: 1 }, reported: { r: 1 } });
    secondary.onCall = (operation) => {
      if (operation === 'patchReported') throw failure('deviceConnectionFailed');
    };
    const outcome = await room.syncIdentity('primary', d);
    expect(outcome).toMatchObject({ kind: 'notNow', reason: 'reportedNotWritten', side: 'reported' });
    expect(secondary.twinOf(d).tags).toEqual({ a: 1 });
    expect(Object.keys(secondary.contents())).toEqual(['d', 'd/m']);
    expect(room.ledger.row(d)?.state).toBe('copied');
  });

  it('is told in the log for devices whose reported nobody can write', async () => {
    const room = setUp();
    room.hubs.primary.addDevice('d', { authentication: { type: 'certificateAuthority' } });
    room.hubs.primary.change(d, { reported: { r: 1 } });
    expect((await room.syncIdentity('primary', d)).kind).toBe('done');
    expect(room.events.map((event) => event.id)).toContain('reported.notWritable');
  });
});
