import { describe, expect, it } from 'vitest';

import { failure } from './fakes-hub.js';
import { device, drain, module, setUp } from './fakes-room.js';

const d = device('d');
const m = module('d', 'm');

describe('a module', () => {
  it('comes with its new device', async () => {
    const room = setUp();
    const { primary, secondary } = room.hubs;
    primary.addDevice('d', { iotEdge: true });
    primary.addModule('d', 'm');
    primary.change(m, { tags: { a: 1 }, desired: { b: 2 }, reported: { c: 3 } });
    await room.syncIdentity('primary', d);
    expect(secondary.contents()).toEqual(primary.contents());
    expect(room.ledger.row(m)?.state).toBe('copied');
    expect(secondary.writes().filter((call) => call.includes('$'))).toEqual([]);
  });

  it('whose event comes first brings its device', async () => {
    const room = setUp();
    const { primary, secondary } = room.hubs;
    primary.addDevice('d');
    primary.addModule('d', 'm');
    expect((await room.syncIdentity('primary', m)).kind).toBe('done');
    expect(secondary.contents()).toEqual(primary.contents());
  });

  it('of a second life is not put into the copy of the first one', async () => {
    const room = setUp({ reported: false });
    const { primary, secondary } = room.hubs;
    primary.addDevice('d');
    await room.syncIdentity('primary', d);
    secondary.change(d, { reported: { of: 'the first life' } });
    primary.remove(d);
    primary.addDevice('d');
    primary.addModule('d', 'm');
    await room.syncIdentity('primary', m);
    expect(secondary.contents()).toEqual(primary.contents());
  });

  it('deleted on the source is deleted on the target, and its device stays', async () => {
    const room = setUp();
    const { primary, secondary } = room.hubs;
    primary.addDevice('d');
    primary.addModule('d', 'm');
    await room.syncIdentity('primary', d);
    primary.remove(m);
    expect(await room.syncIdentity('primary', m, 'deleteTold')).toEqual({ kind: 'done', did: 'deleted' });
    expect(Object.keys(secondary.contents())).toEqual(['d']);
  });

  it('deleted on the source waits for the grace, too', async () => {
    const room = setUp({ graceInMs: 60_000 });
    const { primary, secondary } = room.hubs;
    primary.addDevice('d');
    primary.addModule('d', 'm');
    await room.syncIdentity('primary', d);
    primary.remove(m);
    expect(await room.syncIdentity('primary', m, 'deleteTold')).toEqual({ kind: 'done', did: 'disabled' });
    expect(secondary.has(m)).toBe(true);
    await drain(room);
    expect(secondary.has(m)).toBe(false);
    expect(secondary.has(d)).toBe(true);
  });

  it('made on the target by somebody else is never deleted', async () => {
    const room = setUp();
    room.hubs.primary.addDevice('d');
    await room.syncIdentity('primary', d);
    room.hubs.secondary.addModule('d', 'm');
    expect(await room.syncIdentity('primary', m)).toEqual({ kind: 'nothing', reason: 'noLedgerEvidence' });
    expect(room.hubs.secondary.has(m)).toBe(true);
  });

  it('of the system is left alone', async () => {
    const room = setUp();
    expect(await room.syncIdentity('primary', module('d', '$edgeAgent'))).toEqual({
      kind: 'nothing',
      reason: 'systemModule',
    });
    expect(room.hubs.primary.calls).toEqual([]);
  });

  it('that is refused keeps neither its device nor its siblings waiting, and gets a message of its own', async () => {
    const room = setUp();
    const { primary, secondary } = room.hubs;
    primary.addDevice('d');
    for (const id of ['a', 'm', 'z']) primary.addModule('d', id);
    secondary.onCall = (operation, key) => {
      if (operation === 'createIdentity' && key.moduleId === 'm') throw failure('requestRefused');
    };
    expect(await room.syncIdentity('primary', d)).toEqual({ kind: 'done', did: 'created' });
    expect(Object.keys(secondary.contents())).toEqual(['d', 'd/a', 'd/z']);
    expect(room.queue.messages.map(({ message }) => message)).toEqual([
      { hubName: 'p-hub', deviceId: 'd', moduleId: 'm', attempt: 1 },
    ]);
    secondary.onCall = () => {};
    await drain(room);
    expect(secondary.contents()).toEqual(primary.contents());
  });

  it('whose reported could not be written with its device gets a message of its own', async () => {
    const room = setUp();
    const { primary, secondary } = room.hubs;
    primary.addDevice('d');
    primary.addModule('d', 'm');
    primary.change(m, { reported: { r: 1 } });
    secondary.onCall = (operation) => {
      if (operation === 'patchReported') throw failure('deviceConnectionFailed');
    };
    expect(await room.syncIdentity('primary', d)).toEqual({ kind: 'done', did: 'created' });
    secondary.onCall = () => {};
    await drain(room);
    expect(secondary.contents()).toEqual(primary.contents());
  });

  it('left out by a crash comes with the next look at its device', async () => {
    const room = setUp();
    const { primary, secondary } = room.hubs;
    primary.addDevice('d');
    primary.addModule('d', 'm');
    secondary.onCall = (operation, key) => {
      if (operation === 'createIdentity' && key.moduleId !== undefined) throw new TypeError('killed here');
    };
    await expect(room.syncIdentity('primary', d)).rejects.toThrow('killed here');
    secondary.onCall = () => {};
    await room.syncIdentity('primary', d);
    expect(secondary.contents()).toEqual(primary.contents());
  });

  it.each(['primary', 'secondary'] as const)(
    'of a disabled device, which the %s does not show, comes when the device is enabled',
    async (silent) => {
      const room = setUp();
      const { primary, secondary } = room.hubs;
      primary.addDevice('d', { status: 'disabled' });
      primary.addModule('d', 'm');
      const hub = room.hubs[silent];
      hub.onCall = (operation, key) => {
        const isOfModules = key.moduleId !== undefined || operation === 'listModules';
        if (isOfModules && !operation.includes('Twin') && hub.identityOf(d).status === 'disabled')
          throw failure('deviceDisabled');
      };
      expect(await room.syncIdentity('primary', d)).toEqual({ kind: 'done', did: 'created' });
      await room.ledger.markDirty('primary', m, 'lifecycle', room.clock.now(), room.clock.now());
      expect(await room.syncIdentity('primary', m)).toEqual({ kind: 'nothing', reason: 'deviceDisabled' });
      expect([room.queue.messages, room.ledger.marks.size]).toEqual([[], 0]);
      primary.edit(d, { status: 'enabled' });
      expect(await room.syncIdentity('primary', d)).toEqual({ kind: 'done', did: 'updated' });
      expect(secondary.contents()).toEqual(primary.contents());
    },
  );

  it('of a disabled device has its twin copied all the same', async () => {
    const room = setUp();
    const { primary, secondary } = room.hubs;
    primary.addDevice('d');
    primary.addModule('d', 'm');
    await room.syncIdentity('primary', d);
    primary.edit(d, { status: 'disabled' });
    primary.change(m, { desired: { rate: 1 } });
    primary.onCall = (operation) => {
      if (operation === 'listModules') throw failure('deviceDisabled');
    };
    secondary.onCall = (operation, { moduleId }) => {
      if (moduleId !== undefined && operation === 'getIdentity') throw failure('deviceDisabled');
    };
    expect(await room.syncIdentity('primary', m)).toEqual({ kind: 'done', did: 'updated' });
    expect(secondary.twinOf(m).desired).toEqual({ rate: 1 });
    expect(room.ledger.row(m)).toMatchObject({
      sourceVersion: primary.twinOf(m).version,
      copyEtag: secondary.twinOf(m).etag,
    });
  });

  const hints = { device: d, module: m };
  const orders: (keyof typeof hints)[][] = [
    ['device', 'module'],
    ['module', 'device'],
    ['module', 'module', 'device'],
    ['device', 'device', 'module'],
  ];
  describe.each(orders.map((order) => ({ order })))('hints in the order $order', ({ order }) => {
    it.each([0, 60_000])(
      'end equal after create, delete with its device, and create again (grace %i)',
      async (graceInMs) => {
        const room = setUp({ graceInMs });
        const { primary, secondary } = room.hubs;
        const tell = async () => {
          for (const hint of order)
            await room.syncIdentity('primary', hints[hint], primary.has(d) ? 'hint' : 'deleteTold');
        };
        for (let life = 1; life <= 3; life += 1) {
          primary.addDevice('d');
          primary.addModule('d', 'm');
          primary.change(m, { tags: { life } });
          await tell();
          expect(secondary.contents()).toEqual(primary.contents());
          primary.remove(d);
          if (life !== 2) await tell();
        }
        await drain(room);
        expect(secondary.contents()).toEqual({});
      },
    );
  });
});
