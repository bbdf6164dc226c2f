import { describe, expect, it } from 'vitest';
import type { HubRole } from '../../../src/hub-model.js';
import { createSyncNow } from '../../../src/registry/sync-now.js';
import { failure } from './fakes-hub.js';
import { device, module, setUp } from './fakes-room.js';

function setUpNow(activeHub: HubRole | undefined = 'primary', known = true) {
  const room = setUp();
  const options = { ...room.hintOptions, hubs: room.hubs, activeHub: async () => (known ? activeHub : undefined) };
  return { ...room, syncNow: createSyncNow(options) };
}

describe('sync now', () => {
  it('brings a device and its modules up, though no event told of them', async () => {
    const room = setUpNow();
    room.hubs.primary.addDevice('d');
    await room.syncNow('d');
    room.hubs.primary.addModule('d', 'm2');
    room.hubs.primary.addModule('d', 'm1');
    expect(await room.syncNow('d')).toEqual({
      source: 'primary',
      device: { kind: 'done', did: 'unchanged' },
      modules: [
        { moduleId: 'm1', outcome: { kind: 'done', did: 'created' } },
        { moduleId: 'm2', outcome: { kind: 'done', did: 'created' } },
      ],
    });
    expect(room.hubs.secondary.has(module('d', 'm1'))).toBe(true);
  });

  it('ends modules that only the standby has', async () => {
    const room = setUpNow();
    room.hubs.primary.addDevice('d');
    room.hubs.primary.addModule('d', 'm');
    await room.syncNow('d');
    room.hubs.primary.remove(module('d', 'm'));
    expect((await room.syncNow('d')).modules).toEqual([
      { moduleId: 'm', outcome: { kind: 'done', did: expect.stringMatching(/^(deleted|disabled)$/) } },
    ]);
  });

  it('copies from the hub that is active now', async () => {
    const room = setUpNow('secondary');
    room.state.activeHub = 'secondary';
    room.hubs.secondary.addDevice('d');
    expect(await room.syncNow('d')).toMatchObject({ source: 'secondary', device: { kind: 'done', did: 'created' } });
    expect(room.hubs.primary.has(device('d'))).toBe(true);
  });

  it('says so when neither hub has the device', async () => {
    expect(await setUpNow().syncNow('none')).toEqual({
      source: 'primary',
      device: { kind: 'nothing', reason: 'sourceGone' },
      modules: [],
    });
  });

  it('queues the device and its modules while the standby is away', async () => {
    const room = setUpNow();
    room.hubs.primary.addDevice('d');
    room.hubs.primary.addModule('d', 'm');
    room.hubs.secondary.onCall = () => {
      throw failure('hubUnreachable');
    };
    const queued = { kind: 'queued', reason: 'targetAway' };
    expect(await room.syncNow('d')).toMatchObject({ device: queued, modules: [{ moduleId: 'm', outcome: queued }] });
    expect(room.queue.messages.map(({ message }) => message)).toEqual([
      { hubName: 'p-hub', deviceId: 'd', attempt: 1 },
      { hubName: 'p-hub', deviceId: 'd', moduleId: 'm', attempt: 1 },
    ]);
  });

  it.each([
    ['the queue cannot be written', 'enqueue'],
    ['the modules cannot be read', 'listModules'],
  ])('rejects with held when %s', async (_, what) => {
    const room = setUpNow();
    room.hubs.primary.addDevice('d');
    room.queue.onCall = () => {
      throw failure('storageUnavailable');
    };
    room.hubs.secondary.onCall = (operation) => {
      if (what === 'enqueue' || operation === what) throw failure('hubUnreachable');
    };
    await expect(room.syncNow('d')).rejects.toMatchObject({ code: 'held' });
  });

  it('rejects with held while nobody can tell which hub is active', async () => {
    const room = setUpNow('primary', false);
    await expect(room.syncNow('d')).rejects.toMatchObject({ code: 'held' });
    expect(room.queue.messages).toEqual([]);
  });
});
