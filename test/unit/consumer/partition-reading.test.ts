import { describe, expect, it } from 'vitest';
import type { ProcessorHandlers } from '../../../src/consumer/contract.js';
import { AppError } from '../../../src/errors.js';
import { aReading, event } from './a-reading.js';

describe('a partition that is let go', () => {
  it('tells the handler at work by its signal, and does not call it again', async () => {
    let calls = 0;
    const entered = Promise.withResolvers<undefined>();
    const { reading } = aReading({
      processEvents: (_events, { signal }) => {
        calls += 1;
        entered.resolve(undefined);
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new TypeError('let go'))));
      },
    });
    const accepting = reading.accept([event(1)]);
    await entered.promise;
    await reading.close('Shutdown');
    await accepting;
    expect(calls).toBe(1);
    expect(reading.position).toBeUndefined();
  });

  it('takes nothing more', async () => {
    const handled: number[] = [];
    const { reading } = aReading({
      processEvents: async (events) => void handled.push(...events.map(({ sequenceNumber }) => sequenceNumber)),
    });
    await reading.accept([event(1)]);
    await reading.close('Shutdown');
    await reading.accept([event(2)]);
    expect(handled).toEqual([1]);
    expect(reading.partition.signal.aborted).toBe(true);
  });
});

describe('a checkpoint without an event', () => {
  const batch = [1, 2, 3].map(event);
  /** The usual last word of a handler. */
  const processClose: ProcessorHandlers['processClose'] = (_reason, partition) => partition.checkpoint();
  const untilLetGo = (signal: AbortSignal): Promise<void> =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(new TypeError('let go'))));

  it('covers nothing of a batch that the handler rejected when it was let go', async () => {
    const entered = Promise.withResolvers<undefined>();
    const { reading, written } = aReading({
      processClose,
      processEvents: (_events, { signal }) => {
        entered.resolve(undefined);
        return untilLetGo(signal);
      },
    });
    const accepting = reading.accept(batch);
    await entered.promise;
    await reading.close('Shutdown');
    await accepting;
    expect(written).toEqual([]);
  });

  it('covers nothing of a batch whose next attempt did not come any more', async () => {
    const failed = Promise.withResolvers<undefined>();
    const { reading, written } = aReading({
      processClose,
      processEvents: async () => {
        failed.resolve(undefined);
        throw new TypeError('not now');
      },
    });
    const accepting = reading.accept(batch);
    await failed.promise;
    await reading.close('Shutdown');
    await accepting;
    expect(written).toEqual([]);
  });

  it('covers of a batch that is handed over event by event those that are done', async () => {
    const entered = Promise.withResolvers<undefined>();
    const { reading, written } = aReading({
      processClose,
      processEvents: async (events, { signal }) => {
        if (events.length > 1) throw new TypeError('not together');
        if (events[0]?.sequenceNumber !== 2) return;
        entered.resolve(undefined);
        await untilLetGo(signal);
      },
    });
    const accepting = reading.accept(batch);
    await entered.promise;
    await reading.close('Shutdown');
    await accepting;
    expect(written).toEqual([1]);
  });

  it('covers the batch at work, by the word of its handler', async () => {
    const { reading, written } = aReading({ processEvents: (_events, partition) => partition.checkpoint() });
    await reading.accept(batch);
    expect(written).toEqual([3]);
  });

  it('covers what was parked', async () => {
    const { reading, written } = aReading({
      processClose,
      processEvents: async () => {
        throw new TypeError('never');
      },
    });
    await reading.accept([event(1)]);
    await reading.close('Shutdown');
    expect(written).toEqual([1]);
  });
});

describe('a checkpoint after the close', () => {
  it.each(['Shutdown', 'GenerationEnded', 'EndpointGone', 'OwnershipLost'] as const)(
    'is refused and not written: %s',
    async (reason) => {
      const { reading, written } = aReading({});
      await reading.accept([event(1)]);
      await reading.close(reason);
      const late = reading.partition.checkpoint(event(1));
      await expect(late).rejects.toSatisfy((error) => error instanceof AppError && error.code === 'ownershipLost');
      expect(written).toEqual([]);
    },
  );
});

describe('a wait without events', () => {
  it.each([
    { kind: 'everyEvents', events: 1000 },
    { kind: 'everySeconds', seconds: 1000 },
  ] as const)('is when a checkpoint is written that the policy $kind owes', async (checkpoint) => {
    const { reading, written } = aReading({}, { checkpoint });
    await reading.accept([event(1)]);
    expect(written).toEqual([]);
    await reading.accept([]);
    await reading.accept([]);
    expect(written).toEqual([1]);
  });

  it('writes none with manual checkpoints', async () => {
    const { reading, written } = aReading({});
    await reading.accept([event(1)]);
    await reading.accept([]);
    expect(written).toEqual([]);
  });

  it.each([
    [true, [1, 0]],
    [false, [1]],
  ])('is told when the option says so: %s', async (emptyBatches, sizes) => {
    const told: number[] = [];
    const { reading } = aReading({ processEvents: async (events) => void told.push(events.length) }, { emptyBatches });
    await reading.accept([event(1)]);
    await reading.accept([]);
    expect(told).toEqual(sizes);
  });
});
