import { describe, expect, it } from 'vitest';
import type { Generation } from '../../../src/consumers-document.js';
import { isDrained, isSealed, processedUpTo, whyEnd, type EndQuestion } from '../../../src/consumer/drain.js';

const now = new Date('2026-05-01T10:00:00.000Z');
const aGeneration = (number: number, more: Partial<Generation> = {}): Generation => ({
  number,
  endpoint: { hostName: 'a', eventHubName: 'b' },
  state: 'draining',
  seenBefore: false,
  startedAt: now.toISOString(),
  drainUntil: new Date(now.getTime() + 1000).toISOString(),
  ...more,
});

describe('a generation is drained', () => {
  const look = (processed: number | undefined, lastEnqueuedSequenceNumber = 9, isEmpty = false) => ({
    processed,
    lastEnqueuedSequenceNumber,
    isEmpty,
  });
  it('when every partition is processed to its end and nothing came since the look before', () => {
    expect(isDrained([look(9), look(undefined, -1, true)], [look(5), look(undefined, -1, true)])).toBe(true);
  });
  it.each([
    ['one partition holds unread events', [look(9), look(8)], [look(9), look(8)]],
    ['nothing is known of one', [look(9), look(undefined)], [look(9), look(undefined)]],
    ['it is the first look', [look(9)], undefined],
    ['an event came in between', [look(9)], [look(8, 8)]],
    ['no partition is known', [], []],
  ])('not when %s', (_, looks, before) => {
    expect(isDrained(looks, before)).toBe(false);
  });
});

describe('a partition is processed', () => {
  it.each([
    ['as far as the furthest says', [5, 9, undefined], 9],
    ['not as far as a checkpoint of a log that is gone', [5, 5000], 5],
    ['by nobody, as far as is known', [undefined, 5000], undefined],
  ])('%s', (_, known, processed) => {
    expect(processedUpTo(9, known)).toBe(processed);
  });
});

describe('nothing more comes to an endpoint', () => {
  it('once its failover has ended; not while it only has a successor', () => {
    expect(isSealed(aGeneration(1), 'failoverEnded', 2)).toBe(true);
    expect(isSealed(aGeneration(1), 'verified', 2)).toBe(true);
    expect(isSealed(aGeneration(1), 'endpointChanged', 2)).toBe(false);
    expect(isSealed(aGeneration(1, { state: 'running' }), 'failoverEnded', 2)).toBe(false);
  });
  it('also during the next failover', () => {
    expect(isSealed(aGeneration(1), 'endpointChanged', 3)).toBe(true);
    expect(isSealed(aGeneration(1), 'failoverStarted', 2)).toBe(true);
  });
  it('never for the newest', () => {
    expect(isSealed(aGeneration(2), 'steady', 2)).toBe(false);
  });
});

describe('a generation ends', () => {
  const aQuestion = (more: Partial<EndQuestion> = {}): EndQuestion => ({
    generation: aGeneration(1),
    sealed: true,
    drained: false,
    awayForInMs: 0,
    isGone: undefined,
    elsewhereAnswers: true,
    silenceLimitInMs: 500,
    now,
    ...more,
  });
  it.each([
    ['GenerationEnded', 'drained', { drained: true }],
    ['GenerationEnded', 'at its limit', { generation: aGeneration(1, { drainUntil: now.toISOString() }) }],
    ['EndpointGone', 'denied for long enough', { isGone: 'denied', awayForInMs: 500 }],
    ['EndpointGone', 'nobody listens for three times as long', { isGone: 'refused', awayForInMs: 1500 }],
    [
      'EndpointGone',
      'at its limit, away',
      { awayForInMs: 500, generation: aGeneration(1, { drainUntil: now.toISOString() }) },
    ],
  ] as [string, string, Partial<EndQuestion>][])('as %s: %s', (reason, _, more) => {
    expect(whyEnd(aQuestion(more))).toBe(reason);
  });
  it.each([
    ['with unread events', {}],
    ['while its endpoint merely does not answer', { awayForInMs: 900 }],
    ['denied for a moment', { isGone: 'denied', awayForInMs: 100 }],
    ['refused for a while', { isGone: 'refused', awayForInMs: 1400 }],
    ['when nothing else answers either', { isGone: 'denied', awayForInMs: 900, elsewhereAnswers: false }],
    ['while events may still come', { sealed: false, drained: true, isGone: 'denied', awayForInMs: 900 }],
    [
      'while running, whatever the limit',
      { sealed: false, generation: aGeneration(1, { state: 'running', drainUntil: now.toISOString() }) },
    ],
  ] as [string, Partial<EndQuestion>][])('not %s', (_, more) => {
    expect(whyEnd(aQuestion(more))).toBeUndefined();
  });
});
