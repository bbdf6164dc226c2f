import type { CheckpointStore, PartitionOwnership } from '@azure/event-hubs';
import { beforeEach, describe, expect, it } from 'vitest';
import { createGenerationStore, keyedByGeneration } from '../../../src/consumer/generation-store.js';

const namespace = 'iothub-ns-1.servicebus.windows.net';
const place = { fullyQualifiedNamespace: namespace, eventHubName: 'hub', consumerGroup: 'group' };
const aClaim = (partitionId: string, ownerId = 'me'): PartitionOwnership => ({ ...place, partitionId, ownerId });

let written: { namespace: string; text: string }[];
let owners: Map<string, PartitionOwnership>;
let inner: CheckpointStore;
let open: Set<string>;
let prepared: string[];

beforeEach(() => {
  [written, owners, open, prepared] = [[], new Map(), new Set(), []];
  inner = {
    listOwnership: async (asked) => [...owners.values()].filter((one) => one.fullyQualifiedNamespace === asked),
    claimOwnership: async (wanted) => {
      for (const one of wanted) owners.set(`${one.fullyQualifiedNamespace}/${one.partitionId}`, one);
      return wanted;
    },
    updateCheckpoint: async ({ fullyQualifiedNamespace, offset }) =>
      void written.push({ namespace: fullyQualifiedNamespace, text: offset }),
    listCheckpoints: async (fullyQualifiedNamespace) => [
      { ...place, fullyQualifiedNamespace, partitionId: '0', sequenceNumber: 5, offset: '50' },
    ],
  };
});
const aStore = (generation = 3, prepare = async () => true) =>
  createGenerationStore(keyedByGeneration(inner, generation), {
    ownerId: 'me',
    isOpen: (partitionId) => open.has(partitionId),
    prepare: async (partitionId) => {
      prepared.push(partitionId);
      return prepare();
    },
    processed: (partitionId) => (partitionId === '0' ? { sequenceNumber: 9, offset: '90' } : undefined),
    seen: () => undefined,
  });
const listed = async (store: CheckpointStore) =>
  (await store.listOwnership(namespace, 'hub', 'group')).map(({ partitionId, ownerId }) => `${partitionId}:${ownerId}`);

describe('keys of the pluggable store', () => {
  it('are of one generation each, and the SDK sees the namespace as it is', async () => {
    await aStore(3).updateCheckpoint({ ...place, partitionId: '0', sequenceNumber: 1, offset: '10' });
    await aStore(4).claimOwnership([aClaim('0')]);
    expect(written).toEqual([{ namespace: `g3.${namespace}`, text: '10' }]);
    expect(await listed(aStore(3))).toEqual([]);
    const [found] = await aStore(4).listOwnership(namespace, 'hub', 'group');
    expect(found?.fullyQualifiedNamespace).toBe(namespace);
  });
});

describe('the store of one client', () => {
  it('shows a claim of ours whose partition is not read as given back, so that the SDK takes it up at once', async () => {
    const store = aStore();
    await store.claimOwnership([aClaim('0'), aClaim('1')]);
    await keyedByGeneration(inner, 3).claimOwnership([aClaim('2', 'other')]);
    open.add('1');
    expect(await listed(store)).toEqual(['0:', '1:me', '2:other']);
  });

  it('makes a partition ready when it becomes ours, not when its claim is renewed; not ready, it is not read', async () => {
    open.add('1');
    expect(await aStore().claimOwnership([aClaim('0'), aClaim('1')])).toHaveLength(2);
    expect(prepared).toEqual(['0']);
    expect(await aStore(3, async () => false).claimOwnership([aClaim('0')])).toEqual([]);
  });

  it('lets the start position speak for a partition that was just made ready', async () => {
    const store = aStore();
    await store.claimOwnership([aClaim('0')]);
    expect(await store.listCheckpoints(namespace, 'hub', 'group')).toEqual([]);
    open.add('0');
    await store.claimOwnership([aClaim('0')]);
    expect(await store.listCheckpoints(namespace, 'hub', 'group')).toHaveLength(1);
  });

  it('goes on behind what this process has processed, where that is further than the checkpoint', async () => {
    const [checkpoint] = await aStore().listCheckpoints(namespace, 'hub', 'group');
    expect(checkpoint).toMatchObject({ sequenceNumber: 9, offset: '90', fullyQualifiedNamespace: namespace });
  });

  it('gives back what it owns when released, and claims nothing any more', async () => {
    const store = aStore();
    await store.claimOwnership([aClaim('0')]);
    store.release();
    expect(await listed(store)).toEqual(['0:me']);
    await store.claimOwnership([aClaim('0', '')]);
    expect(await store.claimOwnership([aClaim('1')])).toEqual([]);
    expect([...owners.values()].map(({ ownerId }) => ownerId)).toEqual(['']);
  });

  it('touches nothing of its successor once fenced', async () => {
    const store = aStore();
    await store.claimOwnership([aClaim('0')]);
    store.fence();
    expect(await listed(store)).toEqual([]);
    await store.claimOwnership([aClaim('0', '')]);
    expect([...owners.values()].map(({ ownerId }) => ownerId)).toEqual(['me']);
  });
});
