import {
  EventHubConsumerClient,
  type CheckpointStore,
  type EventPosition,
  type PartitionProperties,
  type SubscriptionEventHandlers,
} from '@azure/event-hubs';
import type { EventHubEndpoint } from '../consumers-document.js';
import type { SharedKey } from './contract.js';
import { mendLinkAddress } from './mend-amqp.js';
import type { SettledOptions } from './options.js';

/** How an endpoint is reached. Replaced only by tests. */
export type ConnectionStringOf = (endpoint: EventHubEndpoint, key: SharedKey) => string;

export const connectionStringOf: ConnectionStringOf = ({ hostName, eventHubName }, { name, key }) =>
  `Endpoint=sb://${hostName}/;SharedAccessKeyName=${name};SharedAccessKey=${key};EntityPath=${eventHubName}`;

export interface ClientSettings {
  connectionString: string;
  options: SettledOptions;
  store: CheckpointStore;
  handlers: SubscriptionEventHandlers;
  /** Read by the SDK when it begins with a partition: may still be filled then. Not empty, or the SDK refuses it. */
  startPositions: Record<string, EventPosition>;
  /** Of the client and of what it owns; the same for its successor, which so takes its partitions over at once. */
  ownerId: string;
}

export interface ReaderClient {
  partitionIds(): Promise<string[]>;
  partition(partitionId: string): Promise<PartitionProperties>;
  /** Ends reading, gives ownership back, closes the connection. */
  close(): Promise<void>;
}

/**
 * The SDK's defaults of 3 retries, 30 s apart, mean up to 90 s of silence after one detached link. What fails after these is begun anew
 * with the next balancing.
 */
const retryOptions = { maxRetries: 2, retryDelayInMs: 250, timeoutInMs: 10_000 };

/** The SDK quotes the whole connection string, its key too, in the error for one that it cannot take. */
function withoutKey<Client>(make: () => Client): Client {
  try {
    return make();
  } catch {
    throw new TypeError('the endpoint with the name and key of sharedKey() is no connection string of Event Hubs');
  }
}

/** An EventHubConsumerClient that reads from now on. */
export function openClient({ connectionString, options, store, handlers, ...rest }: ClientSettings): ReaderClient {
  mendLinkAddress();
  const clientOptions = {
    identifier: rest.ownerId,
    retryOptions,
    loadBalancingOptions: {
      strategy: 'greedy' as const,
      updateIntervalInMs: options.balanceIntervalInMs,
      partitionOwnershipExpirationIntervalInMs: options.ownershipExpiresInMs,
    },
  };
  const client = withoutKey(
    () => new EventHubConsumerClient(options.consumerGroup, connectionString, store, clientOptions),
  );
  const subscription = client.subscribe(handlers, {
    startPosition: rest.startPositions,
    maxBatchSize: options.maxBatchSize,
    maxWaitTimeInSeconds: options.maxWaitTimeInSeconds,
    prefetchCount: options.prefetchCount,
    skipParsingBodyAsJson: options.skipParsingBodyAsJson,
  });
  return {
    partitionIds: () => client.getPartitionIds(),
    partition: (partitionId) => client.getPartitionProperties(partitionId),
    close: async () => {
      await subscription.close();
      await client.close();
    },
  };
}
