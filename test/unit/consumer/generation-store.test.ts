import type { CheckpointStore, PartitionOwnership } from '@azure/event-hubs';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createGenerationStore, keyedByGeneration } from '../../../src/consumer/generation-store.js';

const namespace = 'iothub-ns-1.servicebus.windows.net';
const place = { fullyQualifiedNamespace: namespace, eventHubName: 'hub', consumerGroup: 'group' };
const aClaim = (partitionId: string, ownerId = 'me'): PartitionOwnership => ({ ...place, partitionId, ownerId });

let written: { namespace: string; text: string }[];
let owners: Map<string, PartitionOwnership>;
let inner: CheckpointStore;
let open: Set<string>;
let held: Set<string>;
let prepared: string[];
let shown: string[];
const now = Date.now();
const ownershipExpiresInMs = 15_000;

beforeEach(() => {
  [written, owners, open, held, prepared, shown] = [[], new Map(), new Set(), new Set(), [], []];
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
    ownershipExpiresInMs,
    nowInMs: () => now,
    isOpen: (partitionId) => open.has(partitionId),
    isHeld: (partitionId) => held.has(partitionId),
    prepare: async (partitionId) => {
      prepared.push(partitionId);
      return prepare();
    },
    processed: (partitionId) => (partitionId === '0' ? { sequenceNumber: 9, offset: '90' } : undefined),
    seen: (ownerships) => void shown.push(...ownerships.map(({ partitionId, ownerId }) => `${partitionId}:${ownerId}`)),
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

  it('reads a partition of a live owner only after that one had time to see that it lost it', async () => {
    const others = keyedByGeneration(inner, 3);
    const [fresh, stale] = [now - 100, now - ownershipExpiresInMs];
    await others.claimOwnership([{ ...aClaim('0', 'other'), lastModifiedTimeInMs: fresh }]);
    await others.claimOwnership([{ ...aClaim('1', 'dead'), lastModifiedTimeInMs: stale }]);
    await others.claimOwnership([{ ...aClaim('2', ''), lastModifiedTimeInMs: fresh }]);
    const store = aStore();
    await listed(store);
    const first = await store.claimOwnership(['0', '1', '2'].map((partitionId) => aClaim(partitionId)));
    expect(first.map(({ partitionId }) => partitionId)).toEqual(['1', '2']);
    expect(prepared).toEqual(['1', '2']);
    expect(await listed(store)).toContain('0:');
    expect(await store.claimOwnership([aClaim('0')])).toEqual([]);
    expect(await listed(store)).toContain('0:');
    expect(await store.claimOwnership([aClaim('0')])).toHaveLength(1);
    expect(prepared).toEqual(['1', '2', '0']);
  });

  it('sees at once who took a partition whose claim it could not renew', async () => {
    const store = aStore();
    open.add('0');
    await keyedByGeneration(inner, 3).claimOwnership([aClaim('0', 'other')]);
    inner.claimOwnership = async () => [];
    expect(await store.claimOwnership([aClaim('0')])).toEqual([]);
    expect(shown).toEqual(['0:other']);
    shown = [];
    expect(await store.claimOwnership([aClaim('1')])).toEqual([]);
    expect(shown).toEqual([]);
  });

  it('starts nothing with a claim that comes through when it is leaving', async () => {
    const claim: CheckpointStore['claimOwnership'] = inner.claimOwnership.bind(inner);
    const store = aStore();
    inner.claimOwnership = async (wanted) => {
      store.leave();
      return claim(wanted);
    };
    expect(await store.claimOwnership([aClaim('0'), aClaim('1')])).toEqual([]);
    expect(prepared).toEqual([]);
    expect([...owners.values()].map(({ partitionId }) => partitionId)).toEqual(['0']);
  });

  it('on leaving claims nothing, and at each look renews what a handler holds and gives back the rest', async () => {
    const store = aStore();
    const ownersNow = () => [...owners.values()].map(({ ownerId }) => ownerId);
    held.add('0').add('1');
    await store.claimOwnership([aClaim('0'), aClaim('1'), aClaim('2')]);
    await keyedByGeneration(inner, 3).claimOwnership([aClaim('3', 'other')]);
    store.leave();
    expect(await listed(store)).toEqual(['0:me', '1:me', '2:me', '3:other']);
    expect(ownersNow()).toEqual(['leaving.me', 'leaving.me', '', 'other']);
    expect(shown).toEqual(['0:me', '1:me', '2:me', '3:other']);
    held.delete('1');
    await listed(store);
    expect(await store.claimOwnership([aClaim('2'), aClaim('0'), aClaim('3')])).toEqual([]);
    expect(ownersNow()).toEqual(['leaving.me', '', '', 'other']);
    const renewed = vi.spyOn(inner, 'claimOwnership');
    await listed(store);
    expect(renewed.mock.calls.map(([[one]]) => one)).toMatchObject([{ partitionId: '0', ownerId: 'leaving.me' }]);
    store.release();
    expect(await listed(store)).toEqual(['0:me', '1:', '2:', '3:other']);
    await store.claimOwnership([aClaim('0', '')]);
    expect(ownersNow()).toEqual(['', '', '', 'other']);
  });

  it('shows what one that leaves still holds as free, so that it has no share, and does not take it while it is renewed', async () => {
    const others = keyedByGeneration(inner, 3);
    await others.claimOwnership([{ ...aClaim('0', 'leaving.other'), lastModifiedTimeInMs: now - 100 }]);
    await others.claimOwnership([
      { ...aClaim('1', 'leaving.other'), lastModifiedTimeInMs: now - ownershipExpiresInMs },
    ]);
    const store = aStore();
    expect(await listed(store)).toEqual(['0:', '1:leaving.other']);
    const claimed = await store.claimOwnership([aClaim('0'), aClaim('1')]);
    expect(claimed.map(({ partitionId }) => partitionId)).toEqual(['1']);
    expect([...owners.values()].map(({ ownerId }) => ownerId)).toEqual(['leaving.other', 'me']);
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
