import { describe, expect, it } from 'vitest';

import { failure, someKeys } from './fakes-hub.js';
import { device, setUp } from './fakes-room.js';

const d = device('d');

describe('a copy of a device', () => {
  it('has the keys, status, reason, Edge capability, tags, desired and reported of its source', async () => {
    const room = setUp();
    const { primary, secondary } = room.hubs;
    primary.addDevice('d', {
      status: 'disabled',
      statusReason: 'stolen',
      iotEdge: true,
      authentication: someKeys('k'),
    });
    primary.change(d, { tags: { site: { floor: 3 } }, desired: { rate: 5 }, reported: { rate: 4 } });

    expect(await room.syncIdentity('primary', d)).toEqual({ kind: 'done', did: 'created' });
    expect(secondary.contents()).toEqual(primary.contents());
    expect(room.ledger.row(d)).toMatchObject({
      state: 'copied',
      sourceGenerationId: primary.identityOf(d).generationId,
      targetGenerationId: secondary.identityOf(d).generationId,
    });
  });

  it('costs no write when it is equal', async () => {
    const room = setUp();
    room.hubs.primary.addDevice('d');
    await room.syncIdentity('primary', d);
    const before = room.hubs.secondary.writes().length;
    expect(await room.syncIdentity('primary', d)).toEqual({ kind: 'done', did: 'unchanged' });
    expect(room.hubs.secondary.writes()).toHaveLength(before);
  });

  it('reads the target before the source', async () => {
    const room = setUp();
    const order: string[] = [];
    room.hubs.primary.onCall = (operation, _, phase) => void (phase === 'before' && order.push(`source ${operation}`));
    room.hubs.secondary.onCall = (operation, _, phase) =>
      void (phase === 'before' && order.push(`target ${operation}`));
    room.hubs.primary.addDevice('d');
    room.hubs.primary.change(d, { tags: { a: 1 } });
    await room.syncIdentity('primary', d);
    expect(order.join(', ')).toBe(
      'target getIdentity, source getIdentity, target createIdentity, ' +
        'target getTwin, source getTwin, target patchTwin, source listModules',
    );
  });

  it('loses what its source lost', async () => {
    const room = setUp();
    const { primary, secondary } = room.hubs;
    primary.addDevice('d', { statusReason: 'new' });
    primary.change(d, { tags: { a: 1, b: { c: 1, d: 2 } }, desired: { x: 1 }, reported: { y: 1 } });
    await room.syncIdentity('primary', d);
    primary.change(d, { tags: { a: null, b: { c: null } }, desired: { x: null }, reported: { y: null } });
    primary.edit(d, { statusReason: '' });
    await room.syncIdentity('primary', d);
    expect(secondary.contents()).toEqual(primary.contents());
  });

  it('starts over when somebody writes in between, and ends equal', async () => {
    const room = setUp();
    const { primary, secondary } = room.hubs;
    primary.addDevice('d');
    await room.syncIdentity('primary', d);
    primary.edit(d, { status: 'disabled' });
    primary.change(d, { tags: { a: 1 } });
    let disturbances = 0;
    secondary.onCall = (operation, _, phase) => {
      if (phase === 'after' || operation !== 'patchTwin' || disturbances === 3) return;
      disturbances += 1;
      secondary.change(d, { tags: { disturbed: disturbances } });
    };
    expect((await room.syncIdentity('primary', d)).kind).toBe('done');
    expect(disturbances).toBe(3);
    expect(secondary.contents()).toEqual(primary.contents());
  });

  it('is left to whoever writes it in between', async () => {
    const room = setUp();
    const { primary, secondary } = room.hubs;
    primary.addDevice('d');
    await room.syncIdentity('primary', d);
    primary.edit(d, { status: 'disabled' });
    secondary.onCall = (operation) => {
      if (operation === 'updateIdentity') secondary.edit(d, { statusReason: 'by somebody else' });
    };
    expect(await room.syncIdentity('primary', d)).toEqual({ kind: 'nothing', reason: 'foreign' });
    expect(secondary.identityOf(d)).toMatchObject({ status: 'enabled', statusReason: 'by somebody else' });
  });

  it('is not now when somebody writes in between each time', async () => {
    const room = setUp();
    const { primary, secondary } = room.hubs;
    primary.addDevice('d');
    await room.syncIdentity('primary', d);
    primary.edit(d, { status: 'disabled' });
    secondary.onCall = (operation) => {
      if (operation === 'updateIdentity') secondary.edit(d, {});
    };
    const outcome = await room.syncIdentity('primary', d, 'asked');
    expect(outcome).toMatchObject({ kind: 'notNow', reason: 'contended', error: { code: 'preconditionFailed' } });
    expect(secondary.calls.filter((call) => call === 'updateIdentity d')).toHaveLength(5);
  });

  it('looks at the identity again when it is deleted on the source before its twin is read', async () => {
    const room = setUp();
    room.hubs.primary.addDevice('d');
    room.hubs.primary.onCall = (operation, _, phase) => {
      if (operation === 'getTwin' && phase === 'before') room.hubs.primary.remove(d);
    };
    expect(await room.syncIdentity('primary', d, 'deleteTold')).toEqual({ kind: 'done', did: 'deleted' });
    expect(room.hubs.secondary.has(d)).toBe(false);
  });

  it('of one id is made by one sync at a time, of two ids side by side', async () => {
    const room = setUp();
    for (const id of ['d', 'e']) room.hubs.primary.addDevice(id);
    let running = 0;
    let most = 0;
    room.hubs.secondary.onCall = async (_, key, phase) => {
      if (key.deviceId !== 'd') return;
      running += phase === 'before' ? 1 : -1;
      most = Math.max(most, running);
      await Promise.resolve();
    };
    const outcomes = await Promise.all([d, d, d, device('e')].map((key) => room.syncIdentity('primary', key)));
    expect(most).toBe(1);
    expect(outcomes.map((outcome) => 'did' in outcome && outcome.did)).toEqual([
      'created',
      'unchanged',
      'unchanged',
      'created',
    ]);
  });
});

describe('a second life of an id', () => {
  it('has nothing of the first: neither reported nor modules, though the delete was never seen', async () => {
    const room = setUp({ reported: false });
    const { primary, secondary } = room.hubs;
    primary.addDevice('d');
    primary.addModule('d', 'old');
    await room.syncIdentity('primary', d);
    secondary.change(d, { reported: { of: 'the first life' } });
    primary.remove(d);
    primary.addDevice('d');
    primary.addModule('d', 'new');
    expect(await room.syncIdentity('primary', d)).toEqual({ kind: 'done', did: 'recreated' });
    expect(secondary.contents()).toEqual(primary.contents());
    expect(Object.keys(secondary.contents())).toEqual(['d', 'd/new']);
  });

  it('survives a crash between the delete and the create', async () => {
    const room = setUp();
    const { primary, secondary } = room.hubs;
    primary.addDevice('d');
    await room.syncIdentity('primary', d);
    primary.remove(d);
    primary.addDevice('d');
    secondary.onCall = (operation) => {
      if (operation === 'createIdentity') throw failure('hubUnreachable');
    };
    expect((await room.syncIdentity('primary', d)).kind).toBe('notNow');
    secondary.onCall = () => {};
    expect(await room.syncIdentity('primary', d)).toEqual({ kind: 'done', did: 'created' });
    expect(secondary.contents()).toEqual(primary.contents());
  });
});

describe('the direction', () => {
  it('is asked before each write', async () => {
    const room = setUp();
    room.hubs.primary.addDevice('d');
    room.hubs.primary.change(d, { tags: { a: 1 } });
    room.hubs.secondary.onCall = (operation, _, phase) => {
      if (operation === 'createIdentity' && phase === 'after') room.state.hold = 'paused';
    };
    expect(await room.syncIdentity('primary', d)).toEqual({ kind: 'notNow', reason: 'paused', side: 'direction' });
    expect(room.hubs.secondary.writes()).toEqual(['createIdentity d']);
  });

  it('skips what comes from the standby', async () => {
    const room = setUp();
    room.hubs.secondary.addDevice('d');
    expect(await room.syncIdentity('secondary', d)).toEqual({ kind: 'nothing', reason: 'sourceIsStandby' });
    expect(room.hubs.primary.calls).toEqual([]);
  });

  it('reversed, copies the other way', async () => {
    const room = setUp();
    room.state.activeHub = 'secondary';
    room.hubs.secondary.addDevice('d');
    await room.syncIdentity('secondary', d);
    expect(room.hubs.primary.contents()).toEqual(room.hubs.secondary.contents());
  });
});
