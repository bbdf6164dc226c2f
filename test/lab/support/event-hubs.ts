import {
  EventHubConsumerClient,
  type EventHubConsumerClientOptions,
  type EventPosition,
  type ReceivedEventData,
  type SubscribeOptions,
} from '@azure/event-hubs';
import { vi } from 'vitest';
import type { FaultGate, HubMessage } from '../../../lab/contracts.js';
import { startNamespace, type NamespaceOptions, type StartedNamespace } from '../../../lab/event-hubs/namespace.js';

export const noFaults: FaultGate = { before: () => Promise.resolve(undefined) };

/** Short waits, so that a lost connection is taken up again within the test. */
export const quickRetries = { maxRetries: 30, retryDelayInMs: 100, timeoutInMs: 5_000 };

export const aNamespace = (options: Partial<NamespaceOptions> = {}): Promise<StartedNamespace> =>
  startNamespace({ port: 0, faults: noFaults, ...options });

export const aTwinChange = (deviceId: string, body: object = { version: 3 }): HubMessage => ({
  source: 'twinChangeEvents',
  deviceId,
  body: Buffer.from(JSON.stringify(body)),
  contentType: 'application/json',
  contentEncoding: 'utf-8',
  correlationId: 'c-1',
  userId: 'primary-hub',
  applicationProperties: { hubName: 'primary-hub', deviceId, opType: 'updateTwin' },
  annotations: {
    'iothub-connection-device-id': deviceId,
    'iothub-enqueuedtime': 1_700_000_000_123,
    'iothub-message-source': 'twinChangeEvents',
  },
});

/** What a subscription saw, in order. */
export interface Reading extends AsyncDisposable {
  readonly events: ReceivedEventData[];
  readonly partitionOf: Map<ReceivedEventData, string>;
  readonly errors: Error[];
  readonly closed: { partitionId: string; reason: string }[];
  readonly opened: string[];
  /** Resolves when so many events have come. */
  waitFor(count: number): Promise<ReceivedEventData[]>;
}

export interface ReadingOptions {
  from?: EventPosition | Record<string, EventPosition>;
  consumerGroup?: string;
  client?: EventHubConsumerClientOptions;
  subscribe?: SubscribeOptions;
  partitionId?: string;
}

export const read = (connectionString: string, eventHub: string, options: ReadingOptions = {}): Reading => {
  const { from = { offset: '-1' }, consumerGroup = '$Default', partitionId } = options;
  const client = new EventHubConsumerClient(consumerGroup, connectionString, eventHub, {
    retryOptions: quickRetries,
    loadBalancingOptions: { strategy: 'greedy', updateIntervalInMs: 200 },
    ...options.client,
  });
  const reading = { events: [], partitionOf: new Map(), errors: [], closed: [], opened: [] } as Pick<
    Reading,
    'events' | 'partitionOf' | 'errors' | 'closed' | 'opened'
  >;
  const handlers = {
    processInitialize: (context: { partitionId: string }) => {
      reading.opened.push(context.partitionId);
      return Promise.resolve();
    },
    processEvents: (events: ReceivedEventData[], context: { partitionId: string }) => {
      for (const event of events) {
        reading.events.push(event);
        reading.partitionOf.set(event, context.partitionId);
      }
      return Promise.resolve();
    },
    processError: (error: Error) => {
      reading.errors.push(error);
      return Promise.resolve();
    },
    processClose: (reason: string, context: { partitionId: string }) => {
      reading.closed.push({ partitionId: context.partitionId, reason });
      return Promise.resolve();
    },
  };
  const subscribeOptions = { startPosition: from, maxBatchSize: 500, maxWaitTimeInSeconds: 1, ...options.subscribe };
  const subscription =
    partitionId === undefined
      ? client.subscribe(handlers, subscribeOptions)
      : client.subscribe(partitionId, handlers, subscribeOptions);
  return {
    ...reading,
    waitFor: async (count) => {
      await vi.waitUntil(() => reading.events.length >= count, { timeout: 20_000, interval: 10 });
      return reading.events;
    },
    [Symbol.asyncDispose]: async () => {
      await subscription.close();
      await client.close();
    },
  };
};
