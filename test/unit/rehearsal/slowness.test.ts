import { expect, it } from 'vitest';
import { watchSlowness } from '../../../lab/rehearsal/slowness.js';

/** Looks with work that takes so long, each so long after the one before. */
const slownessOf = (...looks: readonly [tookInMs: number, afterInMs?: number][]): number => {
  let now = 0;
  let took = 0;
  const watch = watchSlowness({ nowInMs: () => now, work: () => void (now += took) });
  let lastStart = 0;
  for (const [tookInMs, afterInMs = 500] of looks) {
    now = lastStart += afterInMs;
    took = tookInMs;
    watch.look();
  }
  watch.close();
  return watch.worst;
};

it('is 1 on an idle machine, and before two seconds have passed', () => {
  expect(slownessOf([5], [5], [5], [5], [5])).toBe(1);
  expect(slownessOf([5], [50], [50])).toBe(1);
});

it('is what the same work takes longer than at its shortest, over the slowest two seconds', () => {
  expect(slownessOf([5], [15], [15], [15], [15], [5], [5], [5], [5])).toBe(3);
});

it('is 10 at the most', () => {
  expect(slownessOf([5], [500], [500], [500], [500])).toBe(10);
});

it('is what timers come late by, where that is more', () => {
  expect(slownessOf([5], [5, 1000], [5, 1000], [5, 1000], [5, 1000])).toBe(2);
});
