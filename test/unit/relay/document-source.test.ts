import { describe, expect, it } from 'vitest';
import type { GenerationsView } from '../../../src/consumer/contract.js';
import { AppError } from '../../../src/errors.js';
import { createDocumentSource } from '../../../src/relay/document-source.js';
import { aManualClock } from './support/manual-clock.js';

const view = (revision: number): GenerationsView => ({ hub: 'north', revision, stage: 'steady', generations: [] });

const aFollowing = () => {
  const clock = aManualClock();
  const answers: (GenerationsView | Error | undefined)[] = [];
  const told: unknown[] = [];
  const store = {
    read: async () => {
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (answer instanceof Error) throw answer;
      return answer;
    },
    tell: async (...what: unknown[]) => void told.push(what),
  };
  const source = createDocumentSource({ hub: 'north', store, clock });
  const seen: number[] = [];
  const errors: unknown[] = [];
  const stop = new AbortController();
  const follow = () =>
    source.follow((one) => seen.push(one.revision), { signal: stop.signal, onError: (error) => errors.push(error) });
  return { clock, answers, told, source, seen, errors, stop, follow };
};

describe('following the document of the watch', () => {
  it('tells each new revision once, and never an older one', async () => {
    const { clock, answers, seen, errors, stop, follow } = aFollowing();
    answers.push(view(1), view(1), view(3), view(2), view(4));
    const following = follow();
    await clock.pass(6000);
    stop.abort();
    await following;
    expect(seen).toEqual([1, 3, 4]);
    expect(errors).toEqual([]);
  });

  it('says so while no watch has told of the hub', async () => {
    const { clock, answers, seen, errors, stop, follow } = aFollowing();
    answers.push(undefined, view(1));
    const following = follow();
    await clock.pass(1000);
    stop.abort();
    await following;
    expect(errors).toMatchObject([{ code: 'generationsUnknown', retryable: true }]);
    expect(seen).toEqual([1]);
  });

  it('a read that fails is told and tried again', async () => {
    const { clock, answers, seen, errors, stop, follow } = aFollowing();
    const away = new AppError('storageUnavailable', 'away', { retryable: true });
    answers.push(away, view(1));
    const following = follow();
    await clock.pass(1000);
    stop.abort();
    await following;
    expect(errors).toEqual([away]);
    expect(seen).toEqual([1]);
  });

  it('ends when it is aborted in its wait', async () => {
    const { clock, answers, stop, follow } = aFollowing();
    answers.push(view(1));
    const following = follow();
    await clock.pass(10);
    stop.abort();
    await following;
    expect(clock.sleepers).toBe(0);
  });
});
