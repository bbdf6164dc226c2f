import { describe, expect, it } from 'vitest';
import { chooseStart, type StartQuestion } from '../../../src/consumer/start-position.js';

const at = new Date('2026-05-01T10:00:00.000Z');
const extent = {
  beginningSequenceNumber: 0,
  lastEnqueuedSequenceNumber: 99,
  lastEnqueuedOffset: '4711',
  isEmpty: false,
};
const aQuestion = (more: Partial<StartQuestion> = {}): StartQuestion => ({
  generation: 2,
  firstGenerationStart: 'latest',
  overlapInMs: 1000,
  lastSeen: undefined,
  extent,
  override: undefined,
  ...more,
});
const lastSeen = (sequenceNumber: number, generation = 1) => ({ enqueuedAt: at, sequenceNumber, generation });

describe('where a partition without a checkpoint begins', () => {
  it('is the earliest event on an endpoint where nothing is known', () => {
    expect(chooseStart(aQuestion())).toEqual({ position: { offset: '-1' }, before: -1 });
  });

  it('is an option for the very first generation, and "the latest" is made a fixed place', () => {
    expect(chooseStart(aQuestion({ generation: 1 }))).toEqual({
      position: { offset: '4711' },
      pin: { sequenceNumber: 99, offset: '4711' },
      before: 99,
    });
    expect(chooseStart(aQuestion({ generation: 1, firstGenerationStart: 'earliest' })).position).toEqual({
      offset: '-1',
    });
  });

  it('is the time of the last processed event, less the overlap, on a namespace that was seen before', () => {
    const seen = lastSeen(42);
    expect(chooseStart(aQuestion({ generation: 3, lastSeen: seen }))).toEqual({
      position: { enqueuedOn: at.getTime() - 1000 },
      reachesBehind: seen,
    });
  });

  it('is the earliest event where the namespace has begun anew or retention has passed the last processed one', () => {
    expect(chooseStart(aQuestion({ generation: 3, lastSeen: lastSeen(100) })).position).toEqual({ offset: '-1' });
    const passed = { ...extent, beginningSequenceNumber: 50 };
    expect(chooseStart(aQuestion({ generation: 3, lastSeen: lastSeen(42), extent: passed })).position).toEqual({
      offset: '-1',
    });
  });

  it('is right behind the last processed event of the same generation', () => {
    expect(chooseStart(aQuestion({ lastSeen: lastSeen(42, 2) }))).toEqual({
      position: { sequenceNumber: 42, isInclusive: false },
      before: 42,
    });
  });

  it('is what processInitialize said, before all else', () => {
    const seen = lastSeen(42);
    expect(chooseStart(aQuestion({ lastSeen: seen, override: 'earliest' })).position).toEqual({ offset: '-1' });
    expect(chooseStart(aQuestion({ lastSeen: seen, override: 'latest' })).pin).toBeDefined();
    expect(chooseStart(aQuestion({ override: { enqueuedAfter: at } })).position).toEqual({ enqueuedOn: at });
  });
});
