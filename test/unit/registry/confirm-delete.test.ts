import { HttpRequest } from '@azure/functions';
import { describe, expect, it } from 'vitest';
import { answerConfirmDelete } from '../../../src/functions/confirm-delete.js';
import { createConfirmDelete } from '../../../src/registry/confirm-delete.js';
import { deleted, device, drain, setUp } from './fakes-room.js';

const operatorKey = 'an-operator-key-of-a-test';
const d = device('d');

/** On the standby by another tool's hand, and gone on the active hub: the ledger knows nothing of it. */
const aSeeded = () => {
  const room = setUp({ graceInMs: 3_600_000 });
  room.hubs.secondary.addDevice('d');
  const { logger } = room.hintOptions;
  const confirmDelete = createConfirmDelete({
    activeHub: async () => room.state.activeHub,
    syncIdentity: room.syncIdentity,
  });
  const ask = (deviceId = 'd', key = operatorKey) =>
    answerConfirmDelete(
      new HttpRequest({
        method: 'POST',
        url: `http://app/api/devices/${deviceId}/confirm-delete`,
        params: { deviceId },
        headers: { 'x-functions-key': key },
      }),
      { confirmDelete, operatorKey, logger, retryAfterInSeconds: 5 },
    );
  return { ...room, ask };
};

describe('a copy that the ledger does not know, deleted on the active hub', () => {
  it('keeps its access, and is listed as something to act on until it is gone or its source is back', async () => {
    const room = aSeeded();
    expect(await room.handleEvent(deleted('d'))).toEqual({ kind: 'skipped', reason: 'noLedgerEvidence' });
    expect([...room.ledger.keptCopies.values()]).toMatchObject([{ key: d, reason: 'noLedgerEvidence' }]);
    expect(room.hubs.secondary.identityOf(d).status).toBe('enabled');
    room.hubs.secondary.remove(d);
    await room.syncIdentity('primary', d);
    expect(room.ledger.keptCopies.size).toBe(0);
  });

  it('loses its access at once when an operator confirms, is deleted after the grace, and leaves the list', async () => {
    const room = aSeeded();
    await room.handleEvent(deleted('d'));
    expect(await room.ask()).toMatchObject({ status: 200, jsonBody: { deviceId: 'd', kind: 'done', did: 'disabled' } });
    expect(room.hubs.secondary.identityOf(d).status).toBe('disabled');
    expect(room.ledger.keptCopies.size).toBe(0);
    await drain(room);
    expect(room.hubs.secondary.has(d)).toBe(false);
  });

  it('stays where its device lives, where its source is there, and for whoever has no operator key', async () => {
    const room = aSeeded();
    expect(await room.ask('d', 'wrong')).toMatchObject({ status: 401 });
    expect(await room.ask('a b')).toMatchObject({ status: 400 });
    Object.assign(room.hubs.secondary.identityOf(d), { connectionState: 'Connected' });
    expect(await room.ask()).toMatchObject({ status: 200, jsonBody: { kind: 'nothing', reason: 'homeElsewhere' } });
    Object.assign(room.hubs.secondary.identityOf(d), { connectionState: 'Disconnected' });
    room.state.hold = 'stateStale';
    expect(await room.ask()).toMatchObject({ status: 503, jsonBody: { error: { code: 'stateStale' } } });
    delete room.state.hold;
    room.hubs.primary.addDevice('d');
    await room.ask();
    expect(room.hubs.secondary.identityOf(d).status).toBe('enabled');
  });
});
