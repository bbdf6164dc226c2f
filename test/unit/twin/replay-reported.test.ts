import { describe, expect, it } from 'vitest';
import { aReplace, anUpdate } from './events.js';
import { aRoom, anError } from './fakes.js';

const device = { deviceId: 'd1' };
const other = { deviceId: 'd2' };

describe('reported properties', () => {
  it('are written after all tags and desired of the batch, in order per identity', async () => {
    const room = aRoom({ concurrency: 1 });
    room.target.add(device).add(other);
    await room.replay(
      anUpdate(device, { reported: { a: null } }),
      anUpdate(device, { reported: { a: { b: 1 } }, desired: { d: 1 } }),
      anUpdate(other, { desired: { d: 1 } }),
    );
    expect(room.target.writes.map(({ op, key }) => `${op} ${key}`)).toEqual([
      'patchTwin d1',
      'patchTwin d2',
      'patchReported d1',
      'patchReported d1',
    ]);
    expect(room.target.twin(device)?.reported).toEqual({ a: { b: 1 } });
    expect(room.counters.read(room.clock.now()).applied).toBe(3);
  });

  it('are coalesced where that is exact', async () => {
    const room = aRoom();
    room.target.add(device);
    await room.replay(...[1, 2, 3].map((a) => anUpdate(device, { reported: { a } })));
    expect(room.target.calls).toMatchObject([{ op: 'patchReported', patch: { a: 3 } }]);
    expect(room.counters.read(room.clock.now())).toMatchObject({ applied: 3, coalesced: 2 });
  });

  it('are skipped by name where the strategy is off, without asking the direction', async () => {
    const room = aRoom({ reportedOff: true });
    room.direction.verdict = () => ({ kind: 'hold', reason: 'stateStale' });
    await room.replay(anUpdate(device, { reported: { a: 1 } }), anUpdate(device, { reported: { a: 2 } }));
    expect(room.counters.read(room.clock.now()).skipped).toEqual({ reportedOff: 2 });
    expect(room.direction.asked).toBe(0);
  });

  it('of a device that we cannot speak for are counted', async () => {
    const room = aRoom();
    room.reported.answer = 'notWritable';
    await room.replay(anUpdate(device, { reported: { a: 1 } }));
    expect(room.counters.read(room.clock.now())).toMatchObject({ applied: 0, skipped: { notWritable: 1 } });
  });

  it('of a replace null what the copy has too much', async () => {
    const room = aRoom();
    room.target.add(device, { reported: { gone: 1, a: 1 } });
    await room.replay(aReplace(device, { reported: { a: 2 } }));
    expect(room.target.calls.at(-1)).toMatchObject({ op: 'patchReported', patch: { gone: null, a: 2 } });
    expect(room.target.twin(device)?.reported).toEqual({ a: 2 });
  });

  it('of a replace that changes nothing are not written', async () => {
    const room = aRoom();
    room.target.add(device, { reported: { a: 2 } });
    await room.replay(aReplace(device, { reported: { a: 2 } }));
    expect(room.target.calls.map(({ op }) => op)).toEqual(['getTwin', 'getTwin']);
  });

  it('hold the batch on a failure that may pass, and desired is not written again', async () => {
    const room = aRoom();
    room.target.add(device);
    room.target.fault = ({ op }) => {
      if (op === 'patchReported') throw anError('deviceConnectionFailed', true);
    };
    const event = anUpdate(device, { desired: { d: 1 }, reported: { a: 1 } });
    await expect(room.replay(event)).rejects.toMatchObject({ code: 'held', message: /targetAway/ });
    room.target.fault = () => {};
    await room.replay(event);
    expect(room.target.writes.map(({ op }) => op)).toEqual(['patchTwin', 'patchReported', 'patchReported']);
    expect(room.counters.read(room.clock.now()).applied).toBe(1);
  });

  it('mark the id on a failure that will not pass, and the batch goes on', async () => {
    const room = aRoom();
    room.target.add(device).add(other);
    room.target.fault = ({ op, key }) => {
      if (op === 'patchReported' && key === 'd1') throw anError('deviceConnectionFailed');
    };
    await room.replay(anUpdate(device, { reported: { a: 1 } }), anUpdate(other, { reported: { a: 1 } }));
    expect(room.registry.marks).toEqual([{ source: 'primary', key: device, reason: 'reportedNotWritten' }]);
    expect(room.target.twin(other)?.reported).toEqual({ a: 1 });
  });

  it.each(['hubUnavailable', 'hubUnauthorized'] as const)(
    'of a replace hold when the copy cannot be read: %s',
    async (code) => {
      const room = aRoom();
      room.target.add(device);
      let reads = 0;
      room.target.fault = ({ op }) => {
        if (op === 'getTwin' && ++reads === 2) throw anError(code);
      };
      await expect(room.replay(aReplace(device, { reported: { a: 1 } }))).rejects.toMatchObject({ code: 'held' });
    },
  );

  it('of a replace whose copy will not be read mark the id', async () => {
    const room = aRoom();
    room.target.add(device);
    let reads = 0;
    room.target.fault = ({ op }) => {
      if (op === 'getTwin' && ++reads === 2) throw anError('requestRefused');
    };
    await room.replay(aReplace(device, { reported: { a: 1 } }));
    expect(room.registry.marks).toMatchObject([{ key: device, reason: 'reportedNotWritten' }]);
  });

  it('of a missing copy replicate it', async () => {
    const room = aRoom();
    room.source.add(device, { reported: { a: 1 } });
    await room.replay(anUpdate(device, { reported: { a: 1 } }));
    expect(room.target.twin(device)?.reported).toEqual({ a: 1 });
    let reads = 0;
    room.target.fault = ({ op }) => {
      if (op === 'getTwin' && ++reads === 2) room.target.twins.clear();
    };
    await room.replay(aReplace(device, { reported: { a: 2 } }));
    expect(room.registry.replicated).toEqual(['d1', 'd1']);
    expect(room.registry.marks).toEqual([]);
  });

  it('wait while nobody can tell the direction', async () => {
    const room = aRoom();
    room.direction.verdict = () => ({ kind: 'hold', reason: 'paused' });
    await expect(room.replay(anUpdate(device, { reported: { a: 1 } }))).rejects.toMatchObject({ message: /paused/ });
    expect(room.target.calls).toEqual([]);
  });

  it('meet a defect of ours as tags do', async () => {
    const room = aRoom();
    room.target.fault = () => {
      throw new TypeError('x');
    };
    await room.replay(anUpdate(device, { reported: { a: 1 } }));
    expect(room.registry.marks).toMatchObject([{ reason: 'defect' }]);
  });
});
