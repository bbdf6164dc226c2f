import { describe, expect, it } from 'vitest';
import { createLookPace, lookIntervalInMs } from '../../../src/consumer/look-pace.js';

/** A clock that the pace's waits move on. */
const aPace = () => {
  let now = 1000;
  const pace = createLookPace(
    () => now,
    async (ms) => {
      now += ms;
    },
  );
  return { pace, now: () => now, pass: (ms: number) => (now += ms) };
};
const forEver = new AbortController().signal;

describe('the pace of looks', () => {
  it('lets ten questions through in a second, whatever was left out before', async () => {
    const { pace, now, pass } = aPace();
    const turns: number[] = [];
    const ask = async (): Promise<void> => {
      expect(await pace(forEver)).toBe(true);
      turns.push(now());
    };
    for (let question = 0; question < 64; question += 1) await ask();
    pass(60_000);
    for (let question = 0; question < 64; question += 1) await ask();
    for (const turn of turns) {
      const inThatSecond = turns.filter((other) => other >= turn && other < turn + 1000);
      expect(inThatSecond.length).toBeLessThanOrEqual(10);
    }
    expect(turns.at(-1)).toBe(1000 + 63 * 100 + 60_000 + 63 * 100);
  });

  it('gives no turn once there is nothing to ask for', async () => {
    expect(await aPace().pace(AbortSignal.abort())).toBe(false);
  });
});

describe('the time between looks', () => {
  it.each([
    ['of a running generation is the usual one', true, 32, 5000],
    ['of one that drains is short', false, 4, 500],
    ['of one that drains grows with its partitions', false, 32, 3200],
    ['of one that drains is never longer than the usual one', false, 128, 5000],
  ])('%s', (_, isRunning, partitions, interval) => {
    expect(lookIntervalInMs(isRunning, 5000, partitions)).toBe(interval);
  });
});
