import { describe, expect, it, vi } from 'vitest';
import type { HubRole } from '../../../src/hub-model.js';
import { createSyncNow } from '../../../src/registry/sync-now.js';
import { failure } from './fakes-hub.js';
import { device, module, setUp } from './fakes-room.js';

function setUpNow(activeHub: HubRole | undefined = 'primary', known = true) {
  const room = setUp();
  /** Ends the patience of whoever waits. */
  const impatient: (() => void)[] = [];
  const sleep = (): Promise<void> => new Promise((resolve) => impatient.push(resolve));
  const clock = { now: room.clock.now, monotonicInMs: room.clock.monotonicInMs, sleep };
  const activeHubNow = async () => (known ? activeHub : undefined);
  const options = { ...room.hintOptions, clock, hubs: room.hubs, activeHub: activeHubNow };
  return { ...room, syncNow: createSyncNow(options), loseEveryPatience: () => impatient.forEach((end) => end()) };
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

  it('makes two runs for however many callers of one device: the first, and one that begins after all of them came', async () => {
    const room = setUpNow();
    room.hubs.primary.addDevice('d');
    const slow = Promise.withResolvers<void>();
    room.hubs.secondary.onCall = (operation) => (operation === 'listModules' ? slow.promise : undefined);
    const first = room.syncNow('d');
    await vi.waitUntil(() => room.hubs.secondary.calls.some((call) => call.startsWith('listModules')));
    room.hubs.primary.addModule('d', 'late');
    const others = Array.from({ length: 19 }, () => room.syncNow('d'));
    const counted = room.hubs.primary.calls.length;
    slow.resolve();
    expect((await first).modules).toEqual([]);
    const answers = await Promise.all(others);
    for (const answer of answers) expect(answer).toBe(answers[0]);
    // What happened before they asked is in their answer, whatever the first run had read by then.
    expect(answers[0]?.modules.map(({ moduleId }) => moduleId)).toEqual(['late']);
    expect(room.hubs.primary.calls.length - counted).toBeLessThanOrEqual(10);
  });

  it('answers in time while the standby does not, and the device is queued once', async () => {
    const room = setUpNow();
    room.hubs.primary.addDevice('d');
    const blackHole = Promise.withResolvers<void>();
    room.hubs.secondary.onCall = () => blackHole.promise;
    const asked = Array.from({ length: 20 }, () => room.syncNow('d'));
    await vi.waitUntil(() => room.hubs.secondary.calls.length > 0);
    room.loseEveryPatience();
    for (const answer of await Promise.all(asked))
      expect(answer).toEqual({ source: 'primary', device: { kind: 'queued', reason: 'slow' }, modules: [] });
    expect(room.queue.messages.length).toBeLessThanOrEqual(2);
    expect(room.queue.messages[0]?.message).toEqual({ hubName: 'p-hub', deviceId: 'd', attempt: 1 });
    // The run goes on, and is not the last one.
    blackHole.resolve();
    expect(await room.syncNow('d')).toMatchObject({ device: { kind: 'done' } });
  });

  it('keeps no failure of a run for those who come later', async () => {
    const room = setUpNow();
    room.hubs.primary.addDevice('d');
    room.queue.onCall = () => {
      throw failure('storageUnavailable');
    };
    room.hubs.secondary.onCall = () => {
      throw failure('hubUnreachable');
    };
    const both = await Promise.allSettled([room.syncNow('d'), room.syncNow('d')]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    room.hubs.secondary.onCall = () => undefined;
    expect(await room.syncNow('d')).toMatchObject({ device: { kind: 'done', did: 'created' } });
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
