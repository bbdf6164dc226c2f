import { describe, expect, it } from 'vitest';
import { aReplace, anEvent, anUpdate } from './events.js';
import { aRoom, patchesOf } from './fakes.js';

const device = { deviceId: 'd1' };

/** A copy that this process has written: its ETag is remembered, so that the next change needs no reading. */
async function aKnownCopy() {
  const room = aRoom();
  room.target.add(device, { tags: { first: 1 } });
  await room.replay(anUpdate(device, { tags: { ours: 1 } }));
  room.target.calls.length = 0;
  let looks = 0;
  const { copyMark } = room.registry;
  room.registry.copyMark = (key) => {
    looks += 1;
    return copyMark(key);
  };
  return { ...room, looks: () => looks };
}

const writeOther = ({ target }: Awaited<ReturnType<typeof aKnownCopy>>, tags: object) => {
  const twin = target.twin(device);
  if (twin) target.write({ ...twin, tags: { ...twin.tags, ...tags } });
};

describe('a replace of a copy that somebody has written since', () => {
  it('is judged again before it is written', async () => {
    const room = await aKnownCopy();
    writeOther(room, { other: 1 });
    await expect(room.replay(aReplace(device, { tags: { a: 1 } }))).resolves.toBeUndefined();
    expect(room.looks()).toBe(2);
    expect(room.target.twin(device)?.tags).toEqual({ a: 1 });
  });

  it('is part of the state where that was a copy by state, and is not written', async () => {
    const room = await aKnownCopy();
    writeOther(room, { byState: 1 });
    const { etag = '' } = room.target.twin(device) ?? {};
    const replace = aReplace(device, { tags: { a: 1 } });
    // The row comes behind the first look: the other writer was between its two writes.
    const later = new Date('2026-01-01T00:00:00Z');
    const state = { version: Number.MAX_SAFE_INTEGER, at: later, etag };
    const before = room.registry.copyMark;
    room.registry.copyMark = (key) => {
      const mark = before(key);
      return mark && room.looks() > 1 ? { ...mark, state } : mark;
    };
    await expect(room.replay(replace)).resolves.toBeUndefined();
    expect(patchesOf(room.target)).toEqual([]);
    expect(room.target.twin(device)?.tags).toEqual({ first: 1, ours: 1, byState: 1 });
  });

  it('is written under the ETag that was read: who writes between the reading and the write is not overwritten', async () => {
    const room = await aKnownCopy();
    let rivals = 1;
    room.target.fault = ({ op }) => {
      if (op === 'patchTwin' && rivals-- > 0) writeOther(room, { rival: 1 });
    };
    await expect(room.replay(aReplace(device, { tags: { a: 1 } }))).resolves.toBeUndefined();
    // The second patch takes the rival's tag away, which the first did not know.
    expect(patchesOf(room.target)).toEqual([
      { tags: { first: null, ours: null, a: 1 } },
      { tags: { first: null, ours: null, rival: null, a: 1 } },
    ]);
    expect(room.looks()).toBe(2);
  });
});

describe('a patch of a copy that somebody has written since', () => {
  it('is refused by the hub, judged again and then written', async () => {
    const room = await aKnownCopy();
    const known = room.target.twin(device)?.etag;
    writeOther(room, { other: 1 });
    await expect(room.replay(anUpdate(device, { tags: { a: 1 } }))).resolves.toBeUndefined();
    expect(room.target.calls.map(({ op, etag }) => [op, etag])).toEqual([
      ['patchTwin', known],
      ['getTwin', undefined],
      ['patchTwin', 'e3'],
    ]);
    expect(room.looks()).toBe(2);
    expect(room.target.twin(device)?.tags).toEqual({ first: 1, ours: 1, other: 1, a: 1 });
  });

  it('is tried but once with the ETag of its ledger row', async () => {
    const room = aRoom();
    room.target.add(device, {});
    const state = { version: 1, at: room.clock.now(), etag: 'e0' };
    room.registry.copyMark = () => ({ generationId: 'g1', begunAt: new Date(0), state });
    const later = { properties: { operationTimestamp: new Date(room.clock.now().getTime() + 60_000).toISOString() } };
    const change = anEvent(device, 'updateTwin', { version: 5, tags: { a: 1 } }, later);
    await expect(room.replay(change)).resolves.toBeUndefined();
    expect(room.target.calls.map(({ op, etag }) => [op, etag])).toEqual([
      ['patchTwin', 'e0'],
      ['getTwin', undefined],
      ['patchTwin', 'e1'],
    ]);
  });
});

describe('a copy that was moved, and whose ledger row does not know it yet', () => {
  it.each([
    ['patch', anUpdate],
    ['replace', aReplace],
  ] as const)('is written by no %s while its device is connected: the state of both tells', async (_kind, aChange) => {
    const room = aRoom();
    const add = (more: object) => room.target.add(device, { tags: { by: 'dps' }, identityEtag: 'theirs', ...more });
    room.registry.copyMark = () => ({ generationId: 'g1', begunAt: new Date(0), identityEtag: 'ours' });
    room.registry.outcome = () => ({ kind: 'kept', reason: 'dpsMove' });
    add({ isConnected: true });
    await room.replay(aChange(device, { tags: { a: 1 } }));
    expect([room.target.writes, room.registry.replicated]).toEqual([[], ['d1']]);

    // Whoever only set parents or the like there goes on being mirrored.
    add({ isConnected: false });
    await room.replay(aChange(device, { tags: { a: 2 } }));
    expect([room.target.writes.length, room.registry.replicated]).toEqual([1, ['d1']]);
  });
});
