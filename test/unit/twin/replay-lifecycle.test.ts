import { describe, expect, it } from 'vitest';
import { deletedMark } from '../../../src/registry/ports.js';
import { aLifecycle, anUpdate } from './events.js';
import { anError, aRoom } from './fakes.js';

const device = { deviceId: 'd1' };
const module = { deviceId: 'd1', moduleId: 'm1' };

describe('lifecycle events of the active hub', () => {
  it.each([
    ['createDeviceIdentity', 'lifecycle'],
    ['deleteDeviceIdentity', deletedMark],
  ] as const)('%s of a device marks its id dirty', async (op, reason) => {
    const room = aRoom();
    await room.replay(aLifecycle(device, op));
    expect(room.registry.marks).toEqual([{ source: 'primary', key: device, reason }]);
    expect(room.registry.replicated).toEqual([]);
    expect(room.counters.read(room.clock.now()).applied).toBe(1);
  });

  it('of a module replicate it by state, both ways', async () => {
    const room = aRoom();
    room.source.add(module, { tags: { a: 1 } });
    await room.replay(aLifecycle(module, 'createDeviceIdentity'));
    expect(room.target.twin(module)?.tags).toEqual({ a: 1 });
    room.source.twins.clear();
    await room.replay(aLifecycle(module, 'deleteDeviceIdentity'));
    expect(room.target.twin(module)).toBeUndefined();
    expect(room.counters.read(room.clock.now())).toMatchObject({ applied: 1, skipped: { sourceGone: 1 } });
  });

  it('cover what came before them, and come before what follows', async () => {
    const room = aRoom();
    room.target.add(module);
    const order: string[] = [];
    room.target.fault = ({ op, patch }) => void (op === 'patchTwin' && order.push(JSON.stringify(patch)));
    room.registry.outcome = () => {
      order.push('replicate');
      return { kind: 'done' };
    };
    await room.replay(
      anUpdate(module, { tags: { a: 1 } }),
      aLifecycle(module, 'deleteDeviceIdentity'),
      aLifecycle(module, 'createDeviceIdentity'),
      anUpdate(module, { tags: { a: 2 } }),
    );
    expect(order).toEqual(['replicate', 'replicate', '{"tags":{"a":2}}']);
    expect(room.counters.read(room.clock.now()).skipped).toEqual({ coveredByState: 1 });
  });

  it('hold when they cannot be recorded, and go on from there', async () => {
    const room = aRoom();
    room.target.add(device);
    room.registry.markFault = () => {
      throw anError('storageUnavailable', true);
    };
    const batch = [aLifecycle(device, 'createDeviceIdentity'), anUpdate(device, { tags: { a: 1 } })];
    await expect(room.replay(...batch)).rejects.toMatchObject({ code: 'held' });
    expect(room.target.calls).toHaveLength(0);
    room.registry.markFault = () => {};
    await room.replay(...batch);
    expect(room.target.writes).toHaveLength(1);
    expect(room.registry.marks).toHaveLength(1);
  });

  it('let nothing of an earlier life be reported to the next one', async () => {
    const room = aRoom();
    room.source.add(module);
    room.target.add(module, { reported: { old: 1 } });
    await room.replay(
      anUpdate(module, { reported: { before: 1 } }),
      aLifecycle(module, 'deleteDeviceIdentity'),
      aLifecycle(module, 'createDeviceIdentity'),
      anUpdate(module, { reported: { after: 1 } }),
    );
    expect(room.target.twin(module)?.reported).toEqual({ after: 1 });
    expect(room.counters.read(room.clock.now()).skipped).toEqual({ coveredByState: 1 });
  });
});

describe('lifecycle events of the standby hub', () => {
  const standby = () => {
    const room = aRoom();
    room.direction.verdict = () => ({ kind: 'skip', reason: 'sourceIsStandby' });
    return room;
  };

  it.each([
    [device, 'createDeviceIdentity'],
    [device, 'deleteDeviceIdentity'], // Event Grid tells the registry room
    [module, 'createDeviceIdentity'],
  ] as const)('%j %s is skipped', async (key, op) => {
    const room = standby();
    await room.replay(aLifecycle(key, op));
    expect(room.counters.read(room.clock.now()).skipped).toEqual({ sourceIsStandby: 1 });
    expect([room.registry.marks, room.registry.replicated, room.target.calls]).toEqual([[], [], []]);
  });

  it('that delete a module mark the identity of the active hub', async () => {
    const room = standby();
    await room.replay(aLifecycle(module, 'deleteDeviceIdentity'));
    expect(room.registry.marks).toEqual([{ source: 'secondary', key: module, reason: 'lifecycle' }]);
    expect(room.counters.read(room.clock.now()).skipped).toEqual({ sourceIsStandby: 1 });
  });

  it('hold when that mark cannot be written', async () => {
    const room = standby();
    room.registry.markFault = () => {
      throw anError('storageUnavailable', true);
    };
    await expect(room.replay(aLifecycle(module, 'deleteDeviceIdentity'))).rejects.toMatchObject({ code: 'held' });
  });
});

describe('twin changes of the standby hub', () => {
  it('are skipped by name, reported ones too, and reach nobody', async () => {
    const room = aRoom();
    room.direction.verdict = () => ({ kind: 'skip', reason: 'sourceIsStandby' });
    await room.replay(
      anUpdate(device, { tags: { a: 1 } }),
      anUpdate(device, { desired: { a: 1 } }),
      anUpdate(module, { reported: { a: 1 } }),
    );
    expect(room.counters.read(room.clock.now())).toMatchObject({
      applied: 0,
      coalesced: 0,
      skipped: { sourceIsStandby: 3 },
    });
    expect(room.target.calls).toEqual([]);
  });
});
