import { describe, expect, it } from 'vitest';

import { followUpDelayInMs, maxDelayInMs, retryDelayInMs } from '../../../src/registry/retry-delay.js';
import { createKeyedMutex } from '../../../src/registry/keyed-mutex.js';

const bounds = (pace: 'quick' | 'slow', attempt: number) => [
  retryDelayInMs({ attempt, pace, random: () => 0 }),
  retryDelayInMs({ attempt, pace, random: () => 1 }),
];

describe('the delay of a repetition', () => {
  it('doubles from a second to ten minutes, with jitter above a floor', () => {
    expect([1, 2, 3, 10, 11, 10_000].map((attempt) => bounds('quick', attempt))).toEqual([
      [500, 1_000],
      [500, 2_000],
      [500, 4_000],
      [500, 512_000],
      [500, 600_000],
      [500, 600_000],
    ]);
  });

  it('is slower for what was refused', () => {
    expect([1, 2, 100].map((attempt) => bounds('slow', attempt))).toEqual([
      [300_000, 600_000],
      [300_000, 1_200_000],
      [300_000, 21_600_000],
    ]);
  });

  it('is never shorter than the other side asked, nor longer than a queue can wait', () => {
    const base = { attempt: 1, pace: 'quick', random: () => 0 } as const;
    expect(retryDelayInMs({ ...base, retryAfterInMs: 30_000 })).toBe(30_000);
    expect(retryDelayInMs({ ...base, retryAfterInMs: 2 * maxDelayInMs })).toBe(maxDelayInMs);
  });

  it('until a time is at least a second and at most seven days', () => {
    const now = new Date(0);
    expect(followUpDelayInMs(now, new Date(5_000))).toBe(5_000);
    expect(followUpDelayInMs(now, new Date(-5_000))).toBe(1_000);
    expect(followUpDelayInMs(now, new Date(30 * 24 * 3_600_000))).toBe(maxDelayInMs);
  });
});

describe('the keyed mutex', () => {
  it('goes on after a work that failed, in the order of the calls', async () => {
    const serialise = createKeyedMutex();
    const order: number[] = [];
    const first = serialise('k', async () => {
      await Promise.resolve();
      order.push(1);
      throw new RangeError('first');
    });
    const second = serialise('k', () => Promise.resolve(order.push(2)));
    await expect(first).rejects.toThrow(RangeError);
    await second;
    expect(order).toEqual([1, 2]);
  });
});
