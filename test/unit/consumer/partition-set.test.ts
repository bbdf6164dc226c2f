import type { CheckpointStore, PartitionOwnership, ReceivedEventData } from '@azure/event-hubs';
import { describe, expect, it } from 'vitest';
import { memoryLastSeenStore } from '../../../src/consumer/last-seen-memory.js';
import { settleOptions } from '../../../src/consumer/options.js';
import { createPartitionSet } from '../../../src/consumer/partition-set.js';

const place = { hub: 'h', generation: 1, endpoint: 'e', eventHubName: 'n', consumerGroup: 'g' };
const owned = (ownerId: string): PartitionOwnership => ({
  fullyQualifiedNamespace: 'e',
  eventHubName: 'n',
  consumerGroup: 'g',
  partitionId: '0',
  ownerId,
});

/** Partition 0 is read by `me`, and its handler is at work. */
const aBusySet = async () => {
  const [entered, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const written: number[] = [];
  const options = settleOptions({
    source: { follow: async () => undefined },
    sharedKey: async () => ({ name: 'n', key: 'k' }),
    consumerGroup: 'g',
    checkpointStore: {} as CheckpointStore,
    lastSeen: memoryLastSeenStore(),
    handlers: {
      processEvents: async () => {
        entered.resolve();
        await goOn.promise;
      },
      onError: () => undefined,
      park: async () => undefined,
    },
  });
  const set = createPartitionSet((partitionId) => ({
    options,
    partition: { ...place, partitionId },
    write: async ({ sequenceNumber }) => void written.push(sequenceNumber),
    processed: () => undefined,
    report: () => undefined,
    retryDelayInMs: 1,
  }));
  await set.open('0');
  const accepted = set
    .get('0')
    ?.accept([{ sequenceNumber: 7 } as ReceivedEventData])
    .catch(() => undefined);
  await entered.promise;
  const finish = async (): Promise<void> => {
    goOn.resolve();
    await accepted;
  };
  return { set, written, finish };
};

describe('partitions that close while a handler is at work', () => {
  it('are held until it is done and its checkpoint is written', async () => {
    const { set, written, finish } = await aBusySet();
    const closed = set.closeAll('Shutdown');
    set.seen([owned('me')], 'me');
    expect([set.isHeld('0'), set.isHeld('1')]).toEqual([true, false]);
    await finish();
    await closed;
    expect(written).toEqual([7]);
    expect(set.isHeld('0')).toBe(false);
  });

  it('leave the checkpoint alone once another process has them', async () => {
    const { set, written, finish } = await aBusySet();
    const closed = set.closeAll('Shutdown');
    set.seen([owned('other')], 'me');
    await finish();
    await closed;
    expect(written).toEqual([]);
  });
});
