import { describe, expect, it } from 'vitest';
import { createFreshEnds } from '../../../src/failover/fresh-ends.js';
import { aClock } from '../support/fakes.js';
import { anEnds } from './fakes.js';
import { first, second } from './watching.js';

const end = (partitionId: string) => ({ partitionId, last: 4, isEmpty: false });

function aTeller() {
  const ends = anEnds();
  for (const { hostName } of [first, second]) ends.of.set(hostName, [end('0'), end('1'), end('2')]);
  const clock = aClock();
  const slept: number[] = [];
  const sleep = async (ms: number) => {
    slept.push(ms);
    await clock.sleep(ms);
  };
  return {
    ends,
    clock,
    slept,
    look: createFreshEnds({ ends, clock: { ...clock, sleep }, timeoutInMs: 5, gapInMs: 2000 }),
  };
}

describe('a look for a report', () => {
  it('is shared by all who ask before it begins, for the partitions of each', async () => {
    const { ends, look } = aTeller();
    const [one, other] = await Promise.all([look(first, ['0']), look(first, ['1']), look(second, ['2'])]);
    expect(ends.looks).toEqual([`${first.hostName} 0,1`, `${second.hostName} 2`]);
    expect([one, other]).toEqual([
      [end('0'), end('1')],
      [end('0'), end('1')],
    ]);
  });

  it('is of all partitions where one asks for all', async () => {
    const { ends, look } = aTeller();
    await Promise.all([look(first, ['0']), look(first, undefined), look(first, ['1'])]);
    expect(ends.looks).toEqual([`${first.hostName} all`]);
  });

  it('begins after it was asked for, and no sooner than the gap after the one before', async () => {
    const { clock, ends, look, slept } = aTeller();
    await look(first, ['0']);
    clock.advance(500);
    await look(first, ['0']);
    clock.advance(60_000);
    await look(first, ['0']);
    expect(ends.looks).toHaveLength(3);
    expect(slept).toEqual([0, 1500, 0]);
  });

  it('that failed fails for all who waited, and the next one begins anew', async () => {
    const { ends, look } = aTeller();
    ends.of.delete(first.hostName);
    const both = await Promise.allSettled([look(first, ['0']), look(first, ['1'])]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    ends.of.set(first.hostName, [end('0')]);
    expect(await look(first, ['0'])).toEqual([end('0')]);
  });
});
