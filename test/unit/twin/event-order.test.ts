import { describe, expect, it } from 'vitest';
import { judge, type Judgement, type Trail } from '../../../src/twin/event-order.js';
import type { LifecycleChange, TwinChange } from '../../../src/twin/parse-event.js';
import { aRoom } from './fakes.js';
import { anUpdate } from './events.js';

const key = { deviceId: 'd1' };
const change = (second: number, version: number): TwinChange => ({
  kind: 'twin',
  opType: 'updateTwin',
  key,
  version,
  operationTimestamp: new Date(second * 1000),
});
const life = (second: number, opType: LifecycleChange['opType']): LifecycleChange => ({
  kind: 'lifecycle',
  opType,
  key,
  operationTimestamp: new Date(second * 1000),
});
const judgeAll = (...events: (TwinChange | LifecycleChange)[]): Judgement[] => {
  let trail: Trail = [];
  return events.map((event) => {
    const judged = judge(trail, event);
    trail = judged.trail;
    return judged.judgement;
  });
};

describe('judge', () => {
  it('takes changes in order, with gaps, and several of one moment', () => {
    expect(judgeAll(change(1, 3), change(1, 4), change(2, 9), change(3, 10))).toEqual(['next', 'next', 'next', 'next']);
  });

  it('knows what came before', () => {
    expect(judgeAll(change(1, 3), change(2, 4), change(1, 3), change(2, 4))).toEqual([
      'next',
      'next',
      'duplicate',
      'duplicate',
    ]);
  });

  it('tells a late change from one that was seen', () => {
    expect(judgeAll(change(1, 3), change(3, 5), change(2, 4))).toEqual(['next', 'next', 'late']);
  });

  it('takes versions that start again when the time went on: a new life, or a hub that was rolled back', () => {
    expect(judgeAll(change(1, 40), change(2, 3))).toEqual(['next', 'next']);
  });

  it('takes whatever is of an earlier life as late', () => {
    expect(judgeAll(change(1, 3), life(2, 'delete'), life(3, 'create'), change(1, 3), change(3, 3))).toEqual([
      'next',
      'next',
      'next',
      'late',
      'next',
    ]);
  });

  it('does not go back for a lifecycle event that comes again', () => {
    expect(judgeAll(life(1, 'create'), change(2, 3), life(1, 'create'), change(2, 3))).toEqual([
      'next',
      'next',
      'next',
      'duplicate',
    ]);
  });

  it('takes changes without time or version as they come', () => {
    const { version: _version, ...unversioned } = change(1, 1);
    const { operationTimestamp: _time, ...untimed } = change(1, 1);
    expect(judgeAll(change(5, 5), unversioned, untimed)).toEqual(['next', 'next', 'next']);
  });

  it('remembers the latest 64 changes', () => {
    const changes = Array.from({ length: 65 }, (_, index) => change(index, index));
    const again = judgeAll(...changes, change(0, 0), change(1, 1)).slice(-2);
    expect(again).toEqual(['late', 'duplicate']);
  });
});

describe('a change that comes again, alone and late', () => {
  it('does not undo what came after it', async () => {
    const room = aRoom();
    room.target.add(key);
    const old = anUpdate(key, { tags: { a: 1 } });
    const newer = anUpdate(key, { tags: { a: 2 } });
    await room.replay(old, newer);
    await room.replay(old);
    expect(room.target.twin(key)?.tags).toEqual({ a: 2 });
    expect(room.counters.read(room.clock.now()).skipped).toEqual({ duplicate: 1 });
  });

  it('is left to repair by state when it was never seen', async () => {
    const room = aRoom();
    room.target.add(key);
    const old = anUpdate(key, { tags: { b: 1 } });
    await room.replay(anUpdate(key, { tags: { a: 2 } }));
    await room.replay(old);
    expect(room.target.twin(key)?.tags).toEqual({ a: 2 });
    expect(room.registry.marks).toMatchObject([{ key, reason: 'outOfOrder' }]);
  });
});
