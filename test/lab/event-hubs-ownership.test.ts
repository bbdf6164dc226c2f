import { CloseReason, EventHubConsumerClient, type CheckpointStore, type PartitionOwnership } from '@azure/event-hubs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { StartedNamespace } from '../../lab/event-hubs/namespace.js';
import { aNamespace, aTwinChange, quickRetries, read } from './support/event-hubs.js';

let namespace: StartedNamespace;

beforeAll(async () => {
  namespace = await aNamespace();
});
afterAll(() => namespace.close());

const anEventHub = (name: string, partitions: number): string => {
  namespace.createEventHub(name, { partitions });
  return name;
};

/** What two processors share: the SDK keeps its own in-memory store to itself. */
const aSharedStore = (): CheckpointStore => {
  const owners = new Map<string, PartitionOwnership>();
  let etag = 0;
  return {
    listOwnership: () => Promise.resolve([...owners.values()]),
    claimOwnership: (wanted) =>
      Promise.resolve(
        wanted.flatMap((claim) => {
          const current = owners.get(claim.partitionId);
          if (current !== undefined && current.etag !== claim.etag) return [];
          etag += 1;
          const taken = { ...claim, etag: String(etag), lastModifiedTimeInMs: Date.now() };
          owners.set(claim.partitionId, taken);
          return [taken];
        }),
      ),
    updateCheckpoint: () => Promise.resolve(),
    listCheckpoints: () => Promise.resolve([]),
  };
};

describe('owner levels', () => {
  it('lets a higher level take the partition from a lower one', async () => {
    const hub = anEventHub('levels', 1);
    namespace.append(hub, 'd', aTwinChange('d'));
    await using low = read(namespace.connectionString, hub, { partitionId: '0', subscribe: { ownerLevel: 1 } });
    await low.waitFor(1);
    await using high = read(namespace.connectionString, hub, { partitionId: '0', subscribe: { ownerLevel: 2 } });
    await high.waitFor(1);
    await vi.waitUntil(() => low.errors.length > 0, { timeout: 20_000 });
    expect(low.errors[0]).toMatchObject({ code: 'ReceiverDisconnectedError', retryable: false });
    expect(high.errors).toEqual([]);
  });

  it('keeps a lower level and a reader without one out', async () => {
    const hub = anEventHub('kept', 1);
    namespace.append(hub, 'd', aTwinChange('d'));
    await using owner = read(namespace.connectionString, hub, { partitionId: '0', subscribe: { ownerLevel: 5 } });
    await owner.waitFor(1);
    await using lower = read(namespace.connectionString, hub, { partitionId: '0', subscribe: { ownerLevel: 4 } });
    await using without = read(namespace.connectionString, hub, { partitionId: '0' });
    await vi.waitUntil(() => lower.errors.length > 0 && without.errors.length > 0, { timeout: 20_000 });
    expect(lower.errors[0]).toMatchObject({ code: 'ReceiverDisconnectedError' });
    expect(without.errors[0]).toMatchObject({ code: 'ReceiverDisconnectedError' });
    namespace.append(hub, 'd', aTwinChange('d', { version: 4 }));
    await owner.waitFor(2);
    expect([lower.events.length, without.events.length]).toEqual([0, 0]);
  });

  it('shares a partition among readers without a level', async () => {
    const hub = anEventHub('shared', 1);
    namespace.append(hub, 'd', aTwinChange('d'));
    await using one = read(namespace.connectionString, hub, { partitionId: '0' });
    await using two = read(namespace.connectionString, hub, { partitionId: '0' });
    await Promise.all([one.waitFor(1), two.waitFor(1)]);
    expect([...one.errors, ...two.errors]).toEqual([]);
  });
});

describe('load balancing', () => {
  it('gives each of two processors half of the partitions, and all events to one of them', async () => {
    const hub = anEventHub('balanced', 4);
    const store = aSharedStore();
    const seen = new Map<string, string[]>();
    const owned = new Map<string, Set<string>>();
    const lost: string[] = [];
    const start = (name: string): EventHubConsumerClient => {
      const mine = new Set<string>();
      owned.set(name, mine);
      const client = new EventHubConsumerClient('$Default', namespace.connectionString, hub, store, {
        retryOptions: quickRetries,
        loadBalancingOptions: {
          strategy: 'balanced',
          updateIntervalInMs: 200,
          partitionOwnershipExpirationIntervalInMs: 5_000,
        },
      });
      client.subscribe(
        {
          processInitialize: ({ partitionId }) => Promise.resolve(void mine.add(partitionId)),
          processClose: (reason, { partitionId }) => {
            mine.delete(partitionId);
            if (reason === CloseReason.OwnershipLost) lost.push(partitionId);
            return Promise.resolve();
          },
          processEvents: (events) => {
            for (const { body } of events) seen.set(body.id, [...(seen.get(body.id) ?? []), name]);
            return Promise.resolve();
          },
          processError: () => Promise.resolve(),
        },
        { startPosition: { offset: '@latest' }, maxBatchSize: 100, maxWaitTimeInSeconds: 1 },
      );
      return client;
    };
    const first = start('first');
    await vi.waitUntil(() => owned.get('first')?.size === 4, { timeout: 20_000 });
    const second = start('second');
    await vi.waitUntil(() => owned.get('first')?.size === 2 && owned.get('second')?.size === 2, { timeout: 20_000 });
    expect(lost.length).toBe(2);
    // Links attach after `processInitialize`: probe until every partition answers.
    let probe = 0;
    const reached = new Set<string>();
    await vi.waitUntil(
      () => {
        for (let device = 0; device < 20; device += 1) {
          probe += 1;
          namespace.append(hub, `p-${device}`, aTwinChange(`p-${device}`, { id: `probe-${probe}-${device}` }));
        }
        for (const id of seen.keys()) reached.add(id.split('-')[2] ?? '');
        return reached.size === 20;
      },
      { timeout: 20_000, interval: 100 },
    );
    for (let device = 0; device < 20; device += 1) {
      namespace.append(hub, `p-${device}`, aTwinChange(`p-${device}`, { id: `final-${device}` }));
    }
    const finals = (): string[][] => [...seen].filter(([id]) => id.startsWith('final-')).map(([, names]) => names);
    await vi.waitUntil(() => finals().length === 20, { timeout: 20_000 });
    expect(new Set(finals().flat())).toEqual(new Set(['first', 'second']));
    expect(finals().every((names) => names.length === 1)).toBe(true);
    await Promise.all([first.close(), second.close()]);
  });
});
