import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { RawTwinEvent } from '../../../src/twin/ports.js';
import { anUpdate } from './events.js';
import { anError, aRoom, FakePositions, patchesOf } from './fakes.js';

const other = { deviceId: 'other' };
const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));

/** Of a device of its own: what was written is counted, and nothing is coalesced. */
const change = (sequence: number, time = sequence, key = { deviceId: `d${sequence}` }): RawTwinEvent => ({
  ...anUpdate(key, { tags: { n: sequence } }),
  sequenceNumber: String(sequence),
  enqueuedAt: at(time),
});
const changes = (first: number, last: number): RawTwinEvent[] =>
  Array.from({ length: last - first + 1 }, (_, index) => change(first + index));

/** An instance of the app: what it remembers is its own, the rows are everybody's. */
function anInstance(instanceId: string, positions: FakePositions) {
  const room = aRoom({ instanceId, positions, leaseInMs: 30_000, concurrency: 1 });
  for (let n = 0; n < 30; n += 1) room.target.add({ deviceId: `d${n}` });
  const written = () => patchesOf(room.target).length;
  return { ...room, written };
}
/** Its first write waits at a gate; `entered` resolves when it has come there. */
function stopAtFirstWrite({ target }: Pick<ReturnType<typeof anInstance>, 'target'>) {
  const [entered, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const patchTwin = target.patchTwin.bind(target);
  target.patchTwin = async (...call) => {
    entered.resolve();
    await gate.promise;
    return patchTwin(...call);
  };
  return { entered: entered.promise, open: () => gate.resolve() };
}

describe('a batch that comes again from an older checkpoint', () => {
  it('is not applied again, by whichever instance gets it', async () => {
    const positions = new FakePositions();
    const [one, two] = [anInstance('one', positions), anInstance('two', positions)];
    await one.replay(...changes(1, 4));
    await one.replay(...changes(1, 4));
    await two.replay(...changes(2, 4));
    expect([one.written(), two.written()]).toEqual([4, 0]);
    expect(one.counters.read(at(9)).skipped).toEqual({ alreadyApplied: 4 });
    expect(two.counters.read(at(9)).skipped).toEqual({ alreadyApplied: 3 });
  });

  it('is applied from the first event on that is new', async () => {
    const positions = new FakePositions();
    const [one, two] = [anInstance('one', positions), anInstance('two', positions)];
    await one.replay(...changes(1, 4));
    await two.replay(...changes(3, 6));
    expect(patchesOf(two.target)).toEqual([{ tags: { n: 5 } }, { tags: { n: 6 } }]);
  });

  it('is new when its event hub was made anew: numbers begin again, times do not', async () => {
    const room = anInstance('one', new FakePositions());
    await room.replay(...changes(10, 14));
    await room.replay(change(0, 20), change(1, 21));
    await room.replay(change(2, 22), change(3, 23));
    expect(room.written()).toBe(9);
    await room.replay(change(1, 21), change(2, 22));
    expect(room.written()).toBe(9);
  });

  it('is taken as it comes when it tells no time', async () => {
    const room = anInstance('one', new FakePositions());
    const batch = changes(1, 2).map((event) => ({ ...event, enqueuedAt: undefined }));
    await room.replay(...batch);
    const again = anInstance('two', new FakePositions());
    await again.replay(...batch);
    expect([room.written(), again.written()]).toEqual([2, 2]);
  });

  it('is left to repair by state when it comes from before the first that was applied here', async () => {
    const room = anInstance('one', new FakePositions());
    await room.replay(...changes(10, 12));
    await room.replay(change(5, 5, other), change(6, 6, other));
    expect(room.written()).toBe(3);
    expect(room.registry.marks).toEqual([{ source: 'primary', key: other, reason: 'outOfOrder' }]);
  });

  it('does not pass for applied when it lies in a gap', async () => {
    const room = anInstance('one', new FakePositions());
    await room.replay(...changes(1, 2));
    await room.replay(...changes(10, 12));
    await room.replay(change(5, 5, other));
    expect(room.registry.marks).toEqual([{ source: 'primary', key: other, reason: 'outOfOrder' }]);
  });

  it('is another one in another namespace or consumer group', async () => {
    const room = anInstance('one', new FakePositions());
    const place = { partitionId: '3', eventHubName: 'devicetwin' };
    for (const more of [{}, { namespace: 'a' }, { namespace: 'b' }, { consumerGroup: 'a' }])
      await room.replayer.replayBatch([change(1)], { ...place, ...more });
    expect(room.written()).toBe(4);
  });
});

describe('two healthy instances, a partition moved from one to the other in the middle of a batch', () => {
  it('the new one waits until the old one has ended, and goes on behind it', async () => {
    const positions = new FakePositions();
    const [one, two] = [anInstance('one', positions), anInstance('two', positions)];
    const { entered, open } = stopAtFirstWrite(one);
    const running = one.replay(...changes(1, 4));
    await entered;
    await expect(two.replay(...changes(1, 6))).rejects.toMatchObject({ code: 'held', message: /partitionElsewhere/ });
    expect(two.target.calls).toEqual([]);
    open();
    await running;
    await two.replay(...changes(1, 6));
    expect([one.written(), two.written()]).toEqual([4, 2]);
    expect(two.counters.read(at(9)).held).toEqual({});
  });

  it('the old one writes no more once the new one has claimed it', async () => {
    const positions = new FakePositions();
    const [one, two] = [anInstance('one', positions), anInstance('two', positions)];
    one.target.fault = () => {
      if (one.written() > 1) throw anError('hubThrottled', true);
    };
    await expect(one.replay(...changes(1, 4))).rejects.toMatchObject({ message: /targetThrottled/ });
    const left = one.target.calls.length;
    // It gave the partition back while it waits.
    await two.replay(...changes(1, 4));
    await one.replay(...changes(1, 4));
    expect(two.written()).toBe(4);
    expect(one.target.calls).toHaveLength(left);
  });

  it('what the old one had half done it does from the beginning if it gets it back', async () => {
    const positions = new FakePositions();
    const [one, two] = [anInstance('one', positions), anInstance('two', positions)];
    const throttled = () => {
      throw anError('hubThrottled', true);
    };
    one.target.fault = () => (one.written() > 2 ? throttled() : undefined);
    await expect(one.replay(...changes(1, 4))).rejects.toThrow(/targetThrottled/);
    two.target.fault = () => (two.written() > 1 ? throttled() : undefined);
    await expect(two.replay(...changes(1, 4))).rejects.toThrow(/targetThrottled/);
    one.target.fault = () => {};
    one.target.calls.length = 0;
    await one.replay(...changes(1, 4));
    expect(one.written()).toBe(4);
  });
});

describe('a batch that takes longer than a claim lasts', () => {
  it('keeps its partition: the claim is renewed while a call is under way', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const positions = new FakePositions();
    const [one, two] = [anInstance('one', positions), anInstance('two', positions)];
    const { entered, open } = stopAtFirstWrite(one);
    const running = one.replay(...changes(1, 2));
    await entered;
    for (let third = 0; third < 6; third += 1) {
      await expect(two.replay(...changes(1, 2))).rejects.toThrow(/partitionElsewhere/);
      for (const { clock } of [one, two]) clock.advance(10_001);
      await vi.advanceTimersByTimeAsync(10_001);
    }
    await expect(two.replay(...changes(1, 2))).rejects.toThrow(/partitionElsewhere/);
    open();
    await running;
    expect([one.written(), two.written()]).toEqual([2, 0]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('an instance that went away in the middle of a batch', () => {
  it('keeps its partition for as long as a claim lasts; when it comes back, it writes nothing more', async () => {
    const positions = new FakePositions();
    const [one, two] = [anInstance('one', positions), anInstance('two', positions)];
    const { entered, open } = stopAtFirstWrite(one);
    const frozen = one.replay(...changes(1, 4)).catch((error: unknown) => error);
    await entered;
    await expect(two.replay(...changes(1, 4))).rejects.toThrow(/partitionElsewhere/);
    two.clock.advance(29_000);
    await expect(two.replay(...changes(1, 4))).rejects.toThrow(/partitionElsewhere/);
    two.clock.advance(2_000);
    await two.replay(...changes(1, 4));
    expect(two.written()).toBe(4);

    one.clock.advance(31_000);
    open();
    expect(await frozen).toMatchObject({ code: 'held', message: /partitionElsewhere/ });
    expect(one.written()).toBe(1);
    await one.replay(...changes(1, 4));
    expect(one.written()).toBe(1);
  });

  it('does not tell the trigger that a batch is done which another has taken over', async () => {
    const positions = new FakePositions();
    const [one, two] = [anInstance('one', positions), anInstance('two', positions)];
    one.target.fault = () => {
      const row = [...positions.rows.entries()][0];
      if (row) positions.rows.set(row[0], { ...row[1], isBusy: false, etag: 'another' });
    };
    await expect(one.replay(...changes(1, 1))).rejects.toThrow(/partitionElsewhere/);
    await two.replay(...changes(1, 1));
    expect(two.written()).toBe(1);
  });
});

describe('the rows of the partitions', () => {
  it('cost two writes for a batch that goes on where the last one ended', async () => {
    const room = anInstance('one', new FakePositions());
    const positions = new FakePositions();
    const one = anInstance('one', positions);
    await one.replay(...changes(1, 3));
    expect(positions.calls).toEqual(['read', 'write', 'write']);
    positions.calls.length = 0;
    await one.replay(...changes(4, 6));
    expect(positions.calls).toEqual(['write', 'write']);
    expect(room.written()).toBe(0);
  });

  it('cost nothing for the echo of our own writes', async () => {
    const positions = new FakePositions();
    const one = anInstance('one', positions);
    one.direction.verdict = () => ({ kind: 'skip', reason: 'sourceIsStandby' });
    await one.replay(...changes(1, 3));
    await one.replay(...changes(4, 6));
    expect(positions.calls).toEqual(['read']);
  });

  it.each(['read', 'write'] as const)('hold the batch while the %s fails, without a limit', async (call) => {
    const positions = new FakePositions();
    const one = anInstance('one', positions);
    positions.fault = (made) => {
      if (made === call) throw anError('storageUnavailable', true);
    };
    for (let i = 0; i < 3; i += 1) {
      await expect(one.replay(...changes(1, 3))).rejects.toMatchObject({ message: /storageAway/ });
      one.clock.advance(3_600_000);
    }
    expect([one.target.calls, one.registry.marks]).toEqual([[], []]);
    positions.fault = () => {};
    await one.replay(...changes(1, 3));
    expect(one.written()).toBe(3);
  });

  it('keep the batch when what was reached cannot be written at its end, and it is not applied again', async () => {
    const positions = new FakePositions();
    const one = anInstance('one', positions);
    positions.fault = () => {
      if (one.written() > 0) throw anError('storageUnavailable', true);
    };
    await expect(one.replay(...changes(1, 3))).rejects.toMatchObject({ message: /storageAway/ });
    positions.fault = () => {};
    await one.replay(...changes(1, 3));
    expect(one.written()).toBe(3);
    expect([...positions.rows.values()]).toMatchObject([{ isBusy: false, reached: { from: '1', to: '3' } }]);
  });
});
