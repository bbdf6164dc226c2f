import { describe, expect, it, vi } from 'vitest';
import { anEvent, anUpdate, holdsServiceField } from './events.js';
import { aRoom, anError, patchesOf, setsTag } from './fakes.js';

const device = { deviceId: 'd1' };
const other = { deviceId: 'd2' };
const module = { deviceId: 'd1', moduleId: 'm1' };

describe('an update', () => {
  it('reaches the copy in one call, on the condition that nobody has written meanwhile, without service fields', async () => {
    const room = aRoom();
    room.target.add(device, { tags: { old: 1, gone: 1 } });
    await room.replay(anUpdate(device, { tags: { gone: null, a: { b: 1 } }, desired: { $version: 9, x: [1] } }));
    expect(room.target.twin(device)).toMatchObject({ tags: { old: 1, a: { b: 1 } }, desired: { x: [1] } });
    expect(room.target.calls).toEqual([
      { op: 'getTwin', key: 'd1' },
      { op: 'patchTwin', key: 'd1', patch: { tags: { gone: null, a: { b: 1 } }, desired: { x: [1] } }, etag: 'e1' },
    ]);
    expect(patchesOf(room.target).some((patch) => holdsServiceField({ ...patch }))).toBe(false);
    expect(room.counters.read(room.clock.now())).toEqual({
      applied: 1,
      coalesced: 0,
      skipped: {},
      held: {},
      lagInMs: 2000,
    });
  });

  it('of a device that was moved to the target by somebody else is skipped by name', async () => {
    const room = aRoom();
    room.target.add(device, { tags: { by: 'dps' } });
    room.registry.copyMark = () => ({ generationId: 'g', begunAt: new Date(0), isMoved: true });
    await room.replay(anUpdate(device, { tags: { a: 1 } }));
    expect(patchesOf(room.target)).toEqual([]);
    expect(room.counters.read(room.clock.now())).toMatchObject({ applied: 0, skipped: { dpsMove: 1 } });
  });

  it('leaves a section alone that it does not name', async () => {
    const room = aRoom();
    room.target.add(device);
    await room.replay(anUpdate(device, { tags: { a: 1 } }));
    expect(patchesOf(room.target)).toEqual([{ tags: { a: 1 } }]);
  });

  it('goes by ids to the letter: case and modules are told apart', async () => {
    const room = aRoom();
    for (const key of [device, { deviceId: 'D1' }, module]) room.target.add(key);
    await room.replay(
      anUpdate({ deviceId: 'D1' }, { tags: { of: 'D1' } }),
      anUpdate(module, { tags: { of: 'm1' } }),
      anUpdate(device, { tags: { of: 'd1' } }),
    );
    expect(room.target.content()).toMatchObject({
      d1: { tags: { of: 'd1' } },
      D1: { tags: { of: 'D1' } },
      'd1/m1': { tags: { of: 'm1' } },
    });
  });

  it('is written together with those that it composes with, and counted', async () => {
    const room = aRoom();
    room.target.add(device);
    await room.replay(...[1, 2, 3].map((a) => anUpdate(device, { desired: { a } })));
    expect(patchesOf(room.target)).toEqual([{ desired: { a: 3 } }]);
    expect(room.counters.read(room.clock.now())).toMatchObject({ applied: 3, coalesced: 2 });
  });

  it('is written in its order where it does not compose', async () => {
    const room = aRoom();
    room.target.add(device, { desired: { a: { old: 1 } } });
    await room.replay(anUpdate(device, { desired: { a: null } }), anUpdate(device, { desired: { a: { b: 1 } } }));
    expect(room.target.twin(device)?.desired).toEqual({ a: { b: 1 } });
    expect(room.counters.read(room.clock.now())).toMatchObject({ applied: 2, coalesced: 0 });
  });

  it('with nothing in it is counted and asks nobody', async () => {
    const room = aRoom();
    await room.replay(anUpdate(device, {}));
    expect(room.counters.read(room.clock.now()).skipped).toEqual({ nothingToDo: 1 });
    expect([room.target.calls.length, room.direction.asked]).toEqual([0, 0]);
  });

  it('of a system module is counted', async () => {
    const room = aRoom();
    await room.replay(anUpdate({ deviceId: 'd1', moduleId: '$edgeAgent' }, { desired: { a: 1 } }));
    expect(room.counters.read(room.clock.now()).skipped).toEqual({ systemModule: 1 });
  });

  it('an empty batch is no work', async () => {
    const room = aRoom();
    await expect(room.replay()).resolves.toBeUndefined();
  });
});

describe('a bad body', () => {
  it('is parked with its bytes and never harms its batch', async () => {
    const room = aRoom();
    room.target.add(device);
    const bad = anEvent(device, 'updateTwin', Buffer.from([0xff, 0x00]));
    await room.replay(bad, anUpdate(device, { tags: { a: 1 } }), anEvent(device, 'mergeTwin', {}));
    expect(room.target.twin(device)?.tags).toEqual({ a: 1 });
    expect(room.park.items).toMatchObject([{ reason: 'notJson' }, { reason: 'unknownOpType' }]);
    // What it would have changed is in the source's state.
    expect(room.registry.marks).toEqual([{ source: 'primary', key: device, reason: 'unreadable' }]);
    expect(room.logger.events[0]).toEqual({
      level: 'warn',
      id: 'event.parked',
      fields: { source: 'devicetwin-3', sequence: bad.sequenceNumber, reason: 'notJson', detail: 'not UTF-8' },
    });
    expect(room.park.items[0]).toEqual({
      source: 'devicetwin-3',
      sequence: bad.sequenceNumber,
      reason: 'notJson',
      body: bad.body,
      properties: {
        hubName: 'hub-one',
        deviceId: 'd1',
        opType: 'updateTwin',
        operationTimestamp: '2025-12-31T23:59:58.0000000Z',
        'iothub-message-source': 'twinChangeEvents',
      },
    });
  });

  it('whose identity is not sure is parked only', async () => {
    const room = aRoom();
    await room.replay(anEvent(device, 'updateTwin', {}, { properties: { hubName: 'hub-two' } }));
    expect([room.park.items.length, room.registry.marks]).toEqual([1, []]);
  });

  it('whose identity cannot be marked holds the batch, and is parked once', async () => {
    const room = aRoom();
    room.registry.markFault = () => {
      throw anError('storageUnavailable', true);
    };
    const bad = anEvent(device, 'mergeTwin', {});
    await expect(room.replay(bad)).rejects.toMatchObject({ code: 'held' });
    room.registry.markFault = () => {};
    await room.replay(bad);
    expect([room.park.items.length, room.registry.marks.length]).toEqual([1, 1]);
  });

  it('in their hundreds are parked several at once, and no change waits for them', async () => {
    const room = aRoom();
    room.target.add(device);
    const uploads = Promise.withResolvers<void>();
    let [open, most] = [0, 0];
    const park = room.park.park.bind(room.park);
    room.park.park = async (item) => {
      most = Math.max(most, (open += 1));
      await uploads.promise;
      await park(item);
      open -= 1;
    };
    const bad = Array.from({ length: 200 }, () => anEvent(device, 'x', {}, { messageSource: 'weather' }));
    const replayed = room.replay(...bad, anUpdate(device, { tags: { a: 1 } }));
    await vi.waitFor(() => expect(room.target.twin(device)?.tags).toEqual({ a: 1 }));
    expect(room.park.items).toEqual([]);
    uploads.resolve();
    await replayed;
    expect([room.park.items.length, most > 1 && most <= 16]).toEqual([200, true]);
    expect(room.registry.marks).toHaveLength(1);
  });

  it('a message of a source that is not of twins is counted, and neither parked nor marked', async () => {
    const room = aRoom();
    room.target.add(device);
    const others = ['Telemetry', 'digitalTwinChangeEvents', 'DeviceConnectionStateEvents', 'deviceJobLifecycleEvents'];
    await room.replay(
      ...others.map((messageSource) => anEvent(device, 'x', Buffer.from('hot'), { messageSource })),
      anUpdate(device, { tags: { a: 1 } }),
    );
    expect(room.counters.read(room.clock.now()).skipped).toEqual({
      telemetry: 1,
      digitalTwinChange: 1,
      connectionState: 1,
      jobLifecycle: 1,
    });
    expect([room.park.items, room.registry.marks]).toEqual([[], []]);
    expect(room.target.twin(device)?.tags).toEqual({ a: 1 });
  });

  it('that cannot be parked holds the batch, while the rest is applied once', async () => {
    const room = aRoom();
    room.target.add(device);
    room.park.fault = () => {
      throw anError('storageUnavailable', true);
    };
    const batch = [anEvent(device, 'updateTwin', Buffer.from('{')), anUpdate(device, { tags: { a: 1 } })];
    await expect(room.replay(...batch)).rejects.toMatchObject({
      code: 'held',
      retryable: true,
      message: /storageAway/,
    });
    expect(room.target.twin(device)?.tags).toEqual({ a: 1 });
    room.park.fault = () => {};
    await room.replay(...batch);
    expect(room.park.items).toHaveLength(1);
    expect(room.target.writes).toHaveLength(1);
  });
});

describe('a copy that is missing', () => {
  it('is replicated from state, which holds the change', async () => {
    const room = aRoom();
    room.source.add(module, { tags: { a: 2 } });
    await room.replay(anUpdate(module, { tags: { a: 1 } }));
    expect(room.registry.replicated).toEqual(['d1/m1']);
    expect(room.target.twin(module)?.tags).toEqual({ a: 2 });
    expect(room.counters.read(room.clock.now())).toMatchObject({ applied: 1 });
  });

  it('of an identity that the source has no more is skipped', async () => {
    const room = aRoom();
    await room.replay(anUpdate(device, { tags: { a: 1 } }));
    expect(room.counters.read(room.clock.now())).toMatchObject({ applied: 0, skipped: { sourceGone: 1 } });
  });

  it('is marked dirty when the source cannot be read, and the batch goes on', async () => {
    const room = aRoom();
    room.target.add(other);
    room.registry.outcome = () => ({ kind: 'sourceAway', error: anError('hubUnreachable', true) });
    await room.replay(anUpdate(device, { tags: { a: 1 } }), anUpdate(other, { tags: { a: 1 } }));
    expect(room.registry.marks).toEqual([{ source: 'primary', key: device, reason: 'sourceUnreadable' }]);
    expect(room.target.twin(other)?.tags).toEqual({ a: 1 });
  });

  it('holds the batch when the registry room says so or fails for now', async () => {
    const room = aRoom();
    room.registry.outcome = () => ({ kind: 'hold', reason: 'targetThrottled' });
    await expect(room.replay(anUpdate(device, { tags: { a: 1 } }))).rejects.toMatchObject({
      message: /targetThrottled/,
    });
    room.registry.outcome = () => {
      throw anError('storageUnavailable', true);
    };
    await expect(room.replay(anUpdate(device, { tags: { a: 2 } }))).rejects.toMatchObject({ message: /storageAway/ });
    room.registry.outcome = () => {
      throw anError('alreadyExists', true);
    };
    await expect(room.replay(anUpdate(device, { tags: { a: 3 } }))).rejects.toMatchObject({ message: /targetAway/ });
  });

  it.each([
    ['says so', () => ({ kind: 'refused', error: anError('requestRefused') }) as const],
    [
      'fails for good',
      () => {
        throw anError('requestRefused');
      },
    ],
  ])('is marked and its events parked when the registry room %s', async (_, outcome) => {
    const room = aRoom();
    room.registry.outcome = outcome;
    await room.replay(anUpdate(device, { tags: { a: 1 } }), anUpdate(device, { tags: { a: 2 } }));
    expect(room.registry.marks).toMatchObject([{ reason: 'refusedByTarget' }]);
    expect(room.park.items.map(({ reason }) => reason)).toEqual(['refusedByTarget', 'refusedByTarget']);
  });
});

describe('a change that the target refuses', () => {
  const refuseTag = (room: ReturnType<typeof aRoom>, name: string) => {
    room.target.fault = (call) => {
      if (setsTag(call, name)) throw anError('requestRefused');
    };
  };

  it('is parked with its original bytes and its id marked', async () => {
    const room = aRoom();
    room.target.add(device);
    refuseTag(room, 'bad');
    const event = anUpdate(device, { tags: { bad: 1 } });
    await room.replay(event);
    expect(room.park.items).toMatchObject([{ reason: 'refusedByTarget', body: event.body }]);
    expect(room.registry.marks).toEqual([{ source: 'primary', key: device, reason: 'refusedByTarget' }]);
    expect(room.counters.read(room.clock.now()).applied).toBe(0);
  });

  it('is told apart from those that it was written with', async () => {
    const room = aRoom();
    room.target.add(device);
    refuseTag(room, 'bad');
    const first = anUpdate(device, { tags: { a: 1 } });
    const guilty = anUpdate(device, { tags: { bad: 1 } });
    await room.replay(first, guilty, anUpdate(device, { tags: { b: 1 } }));
    expect(room.target.twin(device)?.tags).toEqual({ a: 1, b: 1 });
    expect(room.park.items.map(({ sequence }) => sequence)).toEqual([guilty.sequenceNumber]);
    expect(room.counters.read(room.clock.now())).toMatchObject({ applied: 2, coalesced: 0 });
  });

  it('holds the batch while it can be neither marked nor parked', async () => {
    const room = aRoom();
    room.target.add(device);
    refuseTag(room, 'bad');
    room.registry.markFault = () => {
      throw anError('storageUnavailable', true);
    };
    const event = anUpdate(device, { tags: { bad: 1 } });
    await expect(room.replay(event)).rejects.toMatchObject({ message: /storageAway/ });
    room.registry.markFault = () => {};
    room.park.fault = () => {
      throw anError('storageRefused');
    };
    await expect(room.replay(event)).rejects.toMatchObject({ message: /storageAway/ });
    room.park.fault = () => {};
    await room.replay(event);
    expect(room.park.items).toHaveLength(1);
  });
});

describe('a defect of ours', () => {
  it('leaves its identity to repair by state, is logged without contents, and the rest goes on', async () => {
    const room = aRoom();
    room.target.add(device).add(other);
    room.target.fault = ({ op, key }) => {
      if (op === 'patchTwin' && key === 'd1') throw new TypeError('secret');
    };
    await room.replay(
      anUpdate(device, { tags: { a: null } }),
      anUpdate(device, { tags: { a: { b: 1 } }, reported: { r: 1 } }),
      anUpdate(other, { tags: { a: 1 } }),
    );
    expect(room.registry.marks).toEqual([{ source: 'primary', key: device, reason: 'defect' }]);
    expect(room.counters.read(room.clock.now())).toMatchObject({ applied: 1, skipped: { defect: 3 } });
    expect(room.logger.events).toContainEqual({
      level: 'error',
      id: 'defect',
      fields: { deviceId: 'd1', error: 'TypeError', at: expect.stringContaining('write-document') },
    });
    expect(JSON.stringify(room.logger.events)).not.toContain('secret');
  });

  it('holds while it cannot be recorded, whatever the record fails with', async () => {
    const room = aRoom();
    room.target.fault = () => {
      throw new RangeError('x');
    };
    room.registry.markFault = () => {
      throw new Error('y');
    };
    await expect(room.replay(anUpdate(device, { tags: { a: 1 } }))).rejects.toMatchObject({ message: /storageAway/ });
    room.registry.markFault = () => {};
    room.registry.outcome = () => {
      throw new RangeError('z');
    };
    room.target.fault = () => {};
    await room.replay(anUpdate(device, { tags: { a: 2 } }));
    expect(room.registry.marks).toMatchObject([{ reason: 'defect' }]);
  });
});
