import { describe, expect, it } from 'vitest';

import type { ErrorCode } from '../../../src/errors.js';
import type { JsonObject } from '../../../src/hub-model.js';
import type { ReplicatePort } from '../../../src/twin/ports.js';
import { failure } from './fakes-hub.js';
import { device, drain, setUp } from './fakes-room.js';

const d = device('d');

describe('what the twin room is told', () => {
  it('fits its port', () => {
    const port: ReplicatePort = setUp().replicate;
    expect(port).toHaveProperty('replicateIdentity');
  });

  it('is done, then sourceGone', async () => {
    const room = setUp({ graceInMs: 60_000 });
    room.hubs.primary.addDevice('d');
    expect(await room.replicate.replicateIdentity('primary', d)).toEqual({ kind: 'done' });
    expect(await room.replicate.replicateIdentity('primary', d)).toEqual({ kind: 'done' });
    room.hubs.primary.remove(d);
    expect(await room.replicate.replicateIdentity('primary', d, true)).toEqual({ kind: 'sourceGone' });
    expect(await room.replicate.replicateIdentity('primary', d)).toEqual({ kind: 'sourceGone' });
    await drain(room);
    expect(await room.replicate.replicateIdentity('primary', d)).toEqual({ kind: 'sourceGone' });
  });

  it('knows since when there is a copy, and of which version', async () => {
    const room = setUp();
    expect(await room.replicate.copyOf('primary', d)).toBeUndefined();
    room.hubs.primary.addDevice('d');
    const change = async (tags: JsonObject) =>
      room.hubs.primary.patchTwin(d, { tags }, (await room.hubs.primary.getTwin(d))?.etag ?? '');
    const { version } = await change({ a: 1 });
    room.clock.advance(1000);
    await room.replicate.replicateIdentity('primary', d);
    const begunAt = room.clock.now();
    const copied = {
      generationId: room.hubs.secondary.identityOf(d).generationId,
      begunAt,
      identityEtag: room.hubs.secondary.identityOf(d).etag,
      state: { version, at: begunAt, etag: room.hubs.secondary.twinOf(d).etag },
    };
    expect(await room.replicate.copyOf('primary', d)).toEqual(copied);

    room.clock.advance(60_000);
    await room.replicate.replicateIdentity('primary', d);
    expect(await room.replicate.copyOf('primary', d)).toEqual(copied);
  });

  it('knows that a repair by state brought the copy ahead of the stream', async () => {
    const room = setUp();
    room.hubs.primary.addDevice('d');
    await room.replicate.replicateIdentity('primary', d);
    const begunAt = room.clock.now();
    room.clock.advance(60_000);
    const { version } = room.hubs.primary.change(d, { tags: { a: 2 } });
    await room.replicate.replicateIdentity('primary', d);
    const etag = room.hubs.secondary.twinOf(d).etag;
    const at = room.clock.now();
    expect(await room.replicate.copyOf('primary', d)).toMatchObject({ begunAt, state: { version, at, etag } });
  });

  it('knows the copy as it stands when the stream has brought it to the state before', async () => {
    const room = setUp();
    room.hubs.primary.addDevice('d');
    await room.replicate.replicateIdentity('primary', d);
    room.hubs.primary.change(d, { tags: { a: 2 } });
    await room.hubs.secondary.patchTwin(d, { tags: { a: 2 } }, room.hubs.secondary.twinOf(d).etag);
    await room.replicate.replicateIdentity('primary', d);
    const etag = room.hubs.secondary.twinOf(d).etag;
    expect(await room.replicate.copyOf('primary', d)).toMatchObject({ state: { etag } });
  });

  it('does not say which version was copied before the copy is complete', async () => {
    const room = setUp();
    room.hubs.primary.addDevice('d');
    room.hubs.secondary.onCall = (operation) => {
      if (operation === 'getTwin') throw failure('hubUnavailable');
    };
    await room.replicate.replicateIdentity('primary', d);
    expect(await room.replicate.copyOf('primary', d)).toEqual({ generationId: '', begunAt: room.clock.now() });
  });

  it('is done for system modules', async () => {
    const key = { deviceId: 'd', moduleId: '$edgeHub' };
    expect(await setUp().replicate.replicateIdentity('primary', key)).toEqual({ kind: 'done' });
  });

  it('names the side that is away', async () => {
    const room = setUp();
    room.hubs.primary.addDevice('d');
    const plant = (hub: 'primary' | 'secondary', code: ErrorCode) => {
      room.hubs[hub].onCall = () => {
        throw failure(code);
      };
    };
    plant('primary', 'hubNotFound');
    expect(await room.replicate.replicateIdentity('primary', d)).toMatchObject({
      kind: 'sourceAway',
      error: { code: 'hubNotFound' },
    });
    plant('secondary', 'hubQuotaExceeded');
    expect(await room.replicate.replicateIdentity('primary', d)).toMatchObject({
      kind: 'hold',
      reason: 'targetQuotaExceeded',
      error: { code: 'hubQuotaExceeded' },
    });
    plant('secondary', 'requestRefused');
    expect(await room.replicate.replicateIdentity('primary', d)).toMatchObject({
      kind: 'refused',
      error: { code: 'requestRefused' },
    });
  });

  it('is hold while the direction says so, or has changed', async () => {
    const room = setUp();
    room.state.hold = 'paused';
    expect(await room.replicate.replicateIdentity('primary', d)).toEqual({ kind: 'hold', reason: 'paused' });
    delete room.state.hold;
    expect(await room.replicate.replicateIdentity('secondary', d)).toEqual({ kind: 'hold', reason: 'stateStale' });
  });

  it('is this identity’s own trouble when others write all the time', async () => {
    const room = setUp();
    room.hubs.primary.addDevice('d');
    room.hubs.primary.onCall = (operation) => {
      if (operation === 'getTwin') throw failure('deviceNotFound');
    };
    expect(await room.replicate.replicateIdentity('primary', d)).toMatchObject({ kind: 'sourceAway' });
  });

  it('is done without reported, which come later', async () => {
    const room = setUp();
    const { primary, secondary } = room.hubs;
    primary.addDevice('d');
    primary.change(d, { reported: { r: 1 } });
    secondary.onCall = (operation) => {
      if (operation === 'patchReported') throw failure('deviceConnectionFailed');
    };
    expect(await room.replicate.replicateIdentity('primary', d)).toEqual({ kind: 'done' });
    expect(room.ledger.mark(d)?.reason).toBe('reportedNotWritten');
    secondary.onCall = () => {};
    await drain(room);
    expect(secondary.contents()).toEqual(primary.contents());
  });

  it('marks first and queues second, or says that it could not', async () => {
    const room = setUp();
    room.queue.onCall = () => {
      throw failure('storageUnavailable');
    };
    const rejection = { code: 'storageUnavailable' };
    await expect(room.replicate.markDirty('primary', d, 'lifecycle')).rejects.toMatchObject(rejection);
    expect(room.ledger.mark(d)?.reason).toBe('lifecycle');
    room.ledger.onCall = room.queue.onCall.bind(undefined);
    room.queue.onCall = () => {};
    await expect(room.replicate.markDirty('primary', d, 'lifecycle')).rejects.toMatchObject(rejection);
    expect(room.queue.messages).toEqual([]);
  });
});
