import type { CheckpointStore, ReceivedEventData } from '@azure/event-hubs';
import { describe, expect, it } from 'vitest';
import type { CheckpointPolicy, ProcessorHandlers } from '../../../src/consumer/contract.js';
import { memoryLastSeenStore } from '../../../src/consumer/last-seen-memory.js';
import { settleOptions } from '../../../src/consumer/options.js';
import { createPartitionReading } from '../../../src/consumer/partition-reading.js';

const event = (sequenceNumber: number): ReceivedEventData =>
  ({ sequenceNumber, enqueuedTimeUtc: new Date(sequenceNumber), body: {} }) as ReceivedEventData;

/** A partition that another process takes while its handler works; the handler then asks for its checkpoint. */
const lostAtWork = async (checkpoint: CheckpointPolicy) => {
  const [entered, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const [written, told]: [number[], string[]] = [[], []];
  const say = (what: string) => (error: unknown) => void told.push(`${what}: ${Object(error).code}`);
  const handlers: ProcessorHandlers = {
    processEvents: async (_events, partition) => {
      entered.resolve();
      await goOn.promise;
      await partition.checkpoint().then(() => told.push('written at work'), say('at work'));
    },
    processClose: async (reason, partition) => {
      told.push(reason);
      await partition.checkpoint().then(() => told.push('written at the close'), say('at the close'));
    },
    onError: () => undefined,
    park: async () => undefined,
  };
  const reading = createPartitionReading({
    options: settleOptions({
      source: { follow: async () => undefined },
      sharedKey: async () => ({ name: 'n', key: 'k' }),
      consumerGroup: 'g',
      checkpointStore: {} as CheckpointStore,
      lastSeen: memoryLastSeenStore(),
      checkpoint,
      handlers,
    }),
    partition: { hub: 'h', generation: 1, endpoint: 'e', eventHubName: 'n', consumerGroup: 'g', partitionId: '0' },
    write: async ({ sequenceNumber }) => void written.push(sequenceNumber),
    processed: () => undefined,
    report: say('reported'),
    retryDelayInMs: 1,
  });
  reading.begin({});
  const accepting = reading.accept([event(1), event(2)]);
  await entered.promise;
  const closed = reading.close('OwnershipLost');
  goOn.resolve();
  await closed;
  return { accepting, written, told };
};

describe('a partition that another process has taken', () => {
  it.each<CheckpointPolicy>([
    { kind: 'eachBatch' },
    { kind: 'everyEvents', events: 1 },
    { kind: 'everySeconds', seconds: 0.001 },
    { kind: 'manual' },
  ])('gets no checkpoint any more, by whomever: $kind', async (checkpoint) => {
    const { accepting, written, told } = await lostAtWork(checkpoint);
    // This is how the SDK learns of it.
    await expect(accepting).rejects.toMatchObject({ code: 'ReceiverDisconnectedError' });
    expect(written).toEqual([]);
    expect(told).toEqual(['at work: ownershipLost', 'OwnershipLost', 'at the close: ownershipLost']);
  });
});
