import type { Checkpoint, CheckpointStore, PartitionProperties } from '@azure/event-hubs';
import { describe, expect, it } from 'vitest';
import type { FailoverEventProcessorOptions, LastSeen, StartPosition } from '../../../src/consumer/contract.js';
import { memoryLastSeenStore } from '../../../src/consumer/last-seen-memory.js';
import { settleOptions } from '../../../src/consumer/options.js';
import { startOfPartition } from '../../../src/consumer/start-of-partition.js';
import type { PartitionReading } from '../../../src/consumer/partition-reading.js';

const at = new Date('2026-05-01T10:00:00.000Z');
const later = new Date('2026-05-01T11:00:00.000Z');
const place = { endpoint: 'a', eventHubName: 'hub-events', consumerGroup: '$Default' };
const earliest = { offset: '-1' };

interface Known {
  checkpoint?: number | undefined;
  lastSeen?: LastSeen | undefined;
  lastEnqueued: number;
  lastEnqueuedAt?: Date;
  /** By this process. */
  processed?: number;
  override?: StartPosition;
}

/** The start of partition 0 of generation 1, what its reading is told, and the checkpoint that is then there. */
const startWith = async ({ checkpoint, lastSeen, lastEnqueued, processed, override, ...known }: Known) => {
  const lastSeenStore = memoryLastSeenStore();
  if (lastSeen !== undefined) await lastSeenStore.write({ ...place, partitionId: '0' }, lastSeen);
  let checkpoints = (
    checkpoint === undefined ? [] : [{ partitionId: '0', sequenceNumber: checkpoint, offset: `at ${checkpoint}` }]
  ) as Checkpoint[];
  const store = {
    listCheckpoints: async () => checkpoints,
    updateCheckpoint: async (written: Checkpoint) => {
      checkpoints = [written];
    },
  };
  const options = settleOptions({
    consumerGroup: '$Default',
    lastSeen: lastSeenStore,
  } as unknown as FailoverEventProcessorOptions);
  const begun: Parameters<PartitionReading['begin']>[0][] = [];
  const properties = {
    beginningSequenceNumber: 0,
    lastEnqueuedSequenceNumber: lastEnqueued,
    lastEnqueuedOffset: `at ${lastEnqueued}`,
    lastEnqueuedOnUtc: known.lastEnqueuedAt ?? later,
  } as PartitionProperties;
  const { position, before } = await startOfPartition(
    '0',
    { reading: { begin: (told) => void begun.push(told) } as PartitionReading, override },
    processed === undefined ? undefined : { sequenceNumber: processed, offset: `at ${processed}` },
    {
      options,
      generation: 1,
      place,
      store: store as unknown as CheckpointStore,
      client: { partition: async () => properties },
    },
  );
  return { position, before, begun: begun[0], checkpoint: checkpoints[0]?.sequenceNumber };
};
const seen = (sequenceNumber: number, generation: number): LastSeen => ({ enqueuedAt: at, sequenceNumber, generation });

describe('a partition with a checkpoint of the generation', () => {
  it('begins there, or where this process has come since', async () => {
    const known = { checkpoint: 300, lastSeen: seen(300, 1), lastEnqueued: 310 };
    expect(await startWith(known)).toEqual({
      position: { offset: 'at 300' },
      before: 300,
      begun: { processedBefore: 300 },
      checkpoint: 300,
    });
    expect((await startWith({ ...known, processed: 305 })).before).toBe(305);
    expect((await startWith({ ...known, processed: 200 })).before).toBe(300);
  });

  it.each([
    ['that is at the very end', { lastEnqueued: 300 }],
    ['that is newer than what the endpoint tells of its end', { lastEnqueued: 299, lastEnqueuedAt: at }],
  ])('%s begins there', async (_, known) => {
    expect((await startWith({ checkpoint: 300, lastSeen: seen(300, 1), ...known })).before).toBe(300);
  });

  it('begins behind what a later generation processed there: the numbers of generations began anew', async () => {
    const laterOne = seen(300, 3);
    const { position, begun } = await startWith({ checkpoint: 200, lastSeen: laterOne, lastEnqueued: 6000 });
    expect(position).toEqual({ enqueuedOn: at.getTime() - 1000 });
    expect(begun).toMatchObject({ reachesBehind: laterOne });
  });

  it.each([
    ['which a later generation has read since', seen(300, 3), { enqueuedOn: at.getTime() - 1000 }],
    ['of which nothing else is known', undefined, earliest],
    ['which is as old as what was seen last', seen(5000, 1), earliest],
  ])('is not passed over where that checkpoint lies behind the end of the log, %s', async (_, lastSeen, position) => {
    const start = await startWith({ checkpoint: 5000, lastSeen, lastEnqueued: 400 });
    expect(start.position).toEqual(position);
    expect(start.begun?.processedBefore).toBeUndefined();
  });
});

describe('a log that ends before what was read of it', () => {
  it.each([
    ['has begun anew though only the last event was written, not its checkpoint', undefined, 400],
    ['has begun anew and is empty', 5000, -1],
  ])('%s', async (_, checkpoint, lastEnqueued) => {
    const known = { checkpoint, lastSeen: seen(5000, 1), lastEnqueued };
    expect((await startWith({ ...known, lastEnqueuedAt: lastEnqueued < 0 ? new Date(0) : later })).position).toEqual(
      earliest,
    );
  });

  it('leaves no checkpoint that looks as if it were of the new one once that has grown', async () => {
    const { checkpoint } = await startWith({ checkpoint: 5000, lastSeen: seen(5000, 1), lastEnqueued: 400 });
    expect(checkpoint).toBe(-1);
    expect((await startWith({ checkpoint, lastSeen: seen(5000, 1), lastEnqueued: 6000 })).before).toBe(-1);
  });

  it('begins where processInitialize says', async () => {
    const start = await startWith({ checkpoint: 5000, lastEnqueued: 400, override: 'latest' });
    expect([start.before, start.checkpoint]).toEqual([400, 400]);
  });
});
