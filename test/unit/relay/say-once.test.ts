import { expect, it } from 'vitest';
import { createSayOnce } from '../../../src/relay/say-once.js';
import { aClock } from '../support/fakes.js';

it('says the same text once in the interval, and forgets the oldest of too many', () => {
  const clock = aClock();
  const isNew = createSayOnce(clock, 60_000, 2);
  expect(['a', 'a', 'b'].map(isNew)).toEqual([true, false, true]);
  clock.advance(60_000);
  expect(['a', 'a'].map(isNew)).toEqual([true, false]);
  expect(['c', 'b', 'a'].map(isNew)).toEqual([true, true, true]);
});
