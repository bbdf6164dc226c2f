import type { CheckpointStore, SubscriptionEventHandlers } from '@azure/event-hubs';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { openClient } from '../../../src/consumer/client.js';
import type { FailoverEventProcessorOptions } from '../../../src/consumer/contract.js';
import { memoryLastSeenStore } from '../../../src/consumer/last-seen-memory.js';
import { settleOptions } from '../../../src/consumer/options.js';

/** What the SDK was given, and what was asked of it. */
const sdk = vi.hoisted(() => ({ made: [] as unknown[][], subscribed: [] as unknown[][], ended: [] as string[] }));
vi.mock('@azure/event-hubs', () => ({
  EventHubConsumerClient: class {
    constructor(...given: unknown[]) {
      // As the SDK does: connectionContext.js, createConnectionContext.
      if (!String(given[1]).startsWith('Endpoint=')) throw new TypeError(`"connectionString": "${String(given[1])}"`);
      sdk.made.push(given);
    }
    subscribe(...given: unknown[]) {
      sdk.subscribed.push(given);
      return { close: async () => void sdk.ended.push('subscription') };
    }
    async close() {
      sdk.ended.push('client');
    }
  },
}));
beforeEach(() => {
  for (const calls of [sdk.made, sdk.subscribed, sdk.ended]) calls.length = 0;
});

const given: FailoverEventProcessorOptions = {
  source: { follow: async () => undefined },
  sharedKey: async () => ({ name: 'n', key: 'k' }),
  consumerGroup: 'group',
  checkpointStore: {} as CheckpointStore,
  lastSeen: memoryLastSeenStore(),
  handlers: { processEvents: async () => undefined, onError: () => undefined, park: async () => undefined },
};
const store = { name: 'of a generation' } as unknown as CheckpointStore;
const handlers = {} as SubscriptionEventHandlers;
const startPositions = { '0': { offset: '-1' } };
const open = (more: Partial<FailoverEventProcessorOptions> = {}, connectionString = 'Endpoint=sb://e/') =>
  openClient({
    connectionString,
    options: settleOptions({ ...given, ...more }),
    store,
    handlers,
    startPositions,
    ownerId: 'owner',
  });

describe('a client', () => {
  it('is given each option that is the SDK to keep', () => {
    open({
      maxBatchSize: 7,
      maxWaitTimeInSeconds: 3,
      prefetchCount: 11,
      skipParsingBodyAsJson: true,
      balanceIntervalInMs: 400,
      ownershipExpiresInMs: 900,
    });
    expect(sdk.made).toEqual([
      [
        'group',
        'Endpoint=sb://e/',
        store,
        {
          identifier: 'owner',
          retryOptions: { maxRetries: 2, retryDelayInMs: 250, timeoutInMs: 10_000 },
          loadBalancingOptions: {
            strategy: 'greedy',
            updateIntervalInMs: 400,
            partitionOwnershipExpirationIntervalInMs: 900,
          },
        },
      ],
    ]);
    expect(sdk.subscribed).toEqual([
      [
        handlers,
        {
          startPosition: startPositions,
          maxBatchSize: 7,
          maxWaitTimeInSeconds: 3,
          prefetchCount: 11,
          skipParsingBodyAsJson: true,
        },
      ],
    ]);
    // Filled later, while the SDK holds it: a copy would stay empty.
    expect(sdk.subscribed[0]?.[1]).toHaveProperty(
      'startPosition',
      expect.toSatisfy((it) => it === startPositions),
    );
  });

  it('holds three batches of 500 ready and waits 5 s for one, unless told otherwise', () => {
    open();
    expect(sdk.subscribed[0]?.[1]).toMatchObject({
      maxBatchSize: 500,
      maxWaitTimeInSeconds: 5,
      prefetchCount: 1500,
      skipParsingBodyAsJson: false,
    });
  });

  it('that cannot be made shows no key: the SDK quotes all that it was given', () => {
    const quoted = () => open({}, 'SharedAccessKey=U0VDUkVU');
    expect(quoted).toThrow(/sharedKey/);
    expect(quoted).not.toThrow(/U0VDUkVU/);
  });

  it('ends its reading before its connection: ownership is given back over that', async () => {
    await open().close();
    expect(sdk.ended).toEqual(['subscription', 'client']);
  });
});
