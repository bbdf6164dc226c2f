import type { CheckpointStore, ReceivedEventData } from '@azure/event-hubs';
import type { CheckpointPolicy, ProcessorHandlers } from '../../../src/consumer/contract.js';
import { memoryLastSeenStore } from '../../../src/consumer/last-seen-memory.js';
import { settleOptions } from '../../../src/consumer/options.js';
import { createPartitionReading } from '../../../src/consumer/partition-reading.js';

export const event = (sequenceNumber: number): ReceivedEventData =>
  ({ sequenceNumber, enqueuedTimeUtc: new Date(sequenceNumber), body: {} }) as ReceivedEventData;

/** The reading of one partition, which has begun; what it reported, and the sequence numbers of its checkpoints. */
export const aReading = (
  handlers: Partial<ProcessorHandlers>,
  {
    checkpoint = { kind: 'manual' },
    emptyBatches = false,
  }: Partial<{ checkpoint: CheckpointPolicy; emptyBatches: boolean }> = {},
) => {
  const reported: unknown[] = [];
  const written: number[] = [];
  const reading = createPartitionReading({
    options: settleOptions({
      source: { follow: async () => undefined },
      sharedKey: async () => ({ name: 'n', key: 'k' }),
      consumerGroup: 'g',
      checkpointStore: {} as CheckpointStore,
      lastSeen: memoryLastSeenStore(),
      checkpoint,
      emptyBatches,
      handlers: {
        processEvents: async () => undefined,
        onError: () => undefined,
        park: async () => undefined,
        ...handlers,
      },
    }),
    partition: { hub: 'h', generation: 1, endpoint: 'e', eventHubName: 'n', consumerGroup: 'g', partitionId: '0' },
    write: async ({ sequenceNumber }) => void written.push(sequenceNumber),
    processed: () => undefined,
    report: (error) => void reported.push(error),
    retryDelayInMs: 1,
  });
  reading.begin({});
  return { reading, reported, written };
};
