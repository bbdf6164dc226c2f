import { expect, it } from 'vitest';
import { createPace } from '../../../src/azure/device/connect-pace.js';

it('lets callers through one per interval, at once after an idle time, and saves nothing up', async () => {
  let now = 1000;
  const sleeps: number[] = [];
  const pace = createPace(50, {
    now: () => new Date(now),
    monotonicInMs: () => now,
    sleep: (ms) => {
      sleeps.push(ms);
      return Promise.resolve();
    },
  });
  await Promise.all([pace(), pace(), pace()]);
  expect(sleeps).toEqual([20, 40]);
  now += 10_000;
  await Promise.all([pace(), pace()]);
  expect(sleeps).toEqual([20, 40, 20]);
});
