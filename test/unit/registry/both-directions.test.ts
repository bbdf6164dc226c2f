import { describe, expect, it } from 'vitest';

import { newestEvidence } from '../../../src/registry/evidence.js';
import type { LedgerEntry } from '../../../src/registry/ports.js';
import { someKeys } from './fakes-hub.js';
import { device, drain, setUp } from './fakes-room.js';

const d = device('d');
const hour = 3_600_000;

const aRow = (state: LedgerEntry['state'], atInMs: number, more: Partial<LedgerEntry> = {}): LedgerEntry => ({
  key: d,
  state,
  sourceGenerationId: 's1',
  targetGenerationId: 't1',
  sourceEtag: 'es',
  targetEtag: 'et',
  copiedAt: new Date(atInMs),
  ...more,
});

describe('what the ledger knows of a pair', () => {
  it('is turned round for the other direction, and written to its own row', () => {
    const own = aRow('tombstone', 1, { etag: 'own' });
    const evidence = { sourceGenerationId: 't1', targetGenerationId: 's1', sourceEtag: 'et', targetEtag: 'es' };
    expect(newestEvidence(undefined, aRow('copied', 2, { etag: 'other' }))).toEqual(
      expect.objectContaining({ ...evidence, state: 'copied' }),
    );
    expect(newestEvidence(undefined, aRow('copied', 2, { etag: 'other' }))).not.toHaveProperty('etag');
    expect(newestEvidence(own, aRow('copied', 2, { etag: 'other' }))).toMatchObject({ ...evidence, etag: 'own' });
  });

  it('keeps its time when it is turned round: what is written of it later is the newer one then', () => {
    const turned = newestEvidence(undefined, aRow('copied', 2, { stateAt: new Date(9) }));
    expect(turned).toMatchObject({ copiedAt: new Date(2), stateAt: new Date(9) });
  });

  it('is its own row where that is as new, or the other is no whole copy of ours', () => {
    const own = aRow('copied', 1, { stateAt: new Date(5) });
    expect(newestEvidence(own, aRow('copied', 5))).toBe(own);
    for (const state of ['creating', 'pendingDelete', 'tombstone'] as const)
      expect(newestEvidence(undefined, aRow(state, 9))).toBeUndefined();
    expect(newestEvidence(undefined, aRow('copied', 9, { kept: 'foreign' }))).toBeUndefined();
  });
});

/** A copy made while the primary was active; then the secondary is. */
const failedOver = async (graceInMs = 0) => {
  const room = setUp({ graceInMs });
  room.hubs.primary.addDevice('d');
  await room.syncIdentity('primary', d);
  room.state.activeHub = 'secondary';
  room.clock.advance(hour);
  return room;
};

describe('a delete on the active secondary', () => {
  it('reaches the primary, and nothing brings the device back after the failback', async () => {
    const room = await failedOver();
    const { primary, secondary } = room.hubs;
    secondary.remove(d);
    expect(await room.syncIdentity('secondary', d, 'deleteTold')).toEqual({ kind: 'done', did: 'deleted' });
    expect(primary.has(d)).toBe(false);
    room.state.activeHub = 'primary';
    expect(await room.syncIdentity('primary', d)).toEqual({ kind: 'nothing', reason: 'sourceGone' });
    expect(secondary.has(d)).toBe(false);
  });

  it("disables the primary's within the grace", async () => {
    const room = await failedOver(hour);
    room.hubs.secondary.remove(d);
    expect(await room.syncIdentity('secondary', d, 'deleteTold')).toEqual({ kind: 'done', did: 'disabled' });
    expect(room.hubs.primary.identityOf(d).status).toBe('disabled');
    await drain(room);
    expect(room.hubs.primary.has(d)).toBe(false);
  });

  it('reaches one that was adopted, too', async () => {
    const room = setUp();
    const { authentication } = room.hubs.primary.addDevice('d');
    room.hubs.secondary.addDevice('d', { authentication });
    await room.syncIdentity('primary', d);
    room.state.activeHub = 'secondary';
    room.hubs.secondary.remove(d);
    expect(await room.syncIdentity('secondary', d, 'deleteTold')).toEqual({ kind: 'done', did: 'deleted' });
  });

  it('leaves one alone that somebody has written on the primary since, or made anew', async () => {
    const edited = await failedOver();
    edited.hubs.primary.edit(d, { authentication: someKeys('moved') });
    edited.hubs.secondary.remove(d);
    expect(await edited.syncIdentity('secondary', d)).toEqual({ kind: 'nothing', reason: 'dpsMove' });
    const anew = await failedOver();
    anew.hubs.primary.remove(d);
    anew.hubs.primary.addDevice('d');
    anew.hubs.secondary.remove(d);
    expect(await anew.syncIdentity('secondary', d)).toEqual({ kind: 'nothing', reason: 'dpsMove' });
    expect(anew.hubs.primary.has(d)).toBe(true);
  });
});

describe('a failback', () => {
  it('takes what was written on the secondary while that was active for the state of the pair', async () => {
    const room = await failedOver();
    const { primary, secondary } = room.hubs;
    secondary.edit(d, { authentication: someKeys('rolled') });
    expect(await room.syncIdentity('secondary', d)).toEqual({ kind: 'done', did: 'updated' });
    room.state.activeHub = 'primary';
    room.clock.advance(hour);
    primary.edit(d, { authentication: someKeys('again') });
    expect(await room.syncIdentity('primary', d)).toEqual({ kind: 'done', did: 'updated' });
    room.state.activeHub = 'secondary';
    room.clock.advance(hour);
    secondary.edit(d, { statusReason: 'third' });
    expect(await room.syncIdentity('secondary', d)).toEqual({ kind: 'done', did: 'updated' });
    room.state.activeHub = 'primary';
    primary.remove(d);
    expect(await room.syncIdentity('primary', d, 'deleteTold')).toEqual({ kind: 'done', did: 'deleted' });
    expect(secondary.has(d)).toBe(false);
  });
});
