import type { CheckpointStore, ReceivedEventData } from '@azure/event-hubs';
import { describe, expect, it } from 'vitest';
import type { ProcessorHandlers } from '../../../src/consumer/contract.js';
import { memoryLastSeenStore } from '../../../src/consumer/last-seen-memory.js';
import { settleOptions } from '../../../src/consumer/options.js';
import { createPartitionReading } from '../../../src/consumer/partition-reading.js';

const event = (sequenceNumber: number): ReceivedEventData =>
  ({ sequenceNumber, enqueuedTimeUtc: new Date(sequenceNumber), body: {} }) as ReceivedEventData;

const aReading = (handlers: Partial<ProcessorHandlers>) => {
  const reported: unknown[] = [];
  const reading = createPartitionReading({
    options: settleOptions({
      source: { follow: async () => undefined },
      sharedKey: async () => ({ name: 'n', key: 'k' }),
      consumerGroup: 'g',
      checkpointStore: {} as CheckpointStore,
      lastSeen: memoryLastSeenStore(),
      handlers: {
        processEvents: async () => undefined,
        onError: () => undefined,
        park: async () => undefined,
        ...handlers,
      },
    }),
    partition: { hub: 'h', generation: 1, endpoint: 'e', eventHubName: 'n', consumerGroup: 'g', partitionId: '0' },
    write: async () => undefined,
    processed: () => undefined,
    report: (error) => void reported.push(error),
    retryDelayInMs: 1,
  });
  reading.begin({});
  return { reading, reported };
};

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
