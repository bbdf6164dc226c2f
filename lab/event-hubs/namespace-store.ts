import { noSuchPartition, notFound } from './amqp-error.js';
import { createEventHub, type EventHub, type EventHubOptions } from './event-hub.js';
import type { PartitionLog } from './partition-log.js';

/** The event hubs of a namespace. Look-ups throw AmqpRefusal `amqp:not-found`; names are compared without case. */
export interface NamespaceStore {
  /** As a PUT in the service: an existing event hub stays as it is. */
  create(name: string, options?: EventHubOptions): EventHub;
  eventHub(name: string): EventHub;
  consumerPartition(eventHub: string, consumerGroup: string, partitionId: string): PartitionLog;
}

export const createNamespaceStore = (): NamespaceStore => {
  const hubs = new Map<string, EventHub>();
  const eventHub = (name: string): EventHub => {
    const found = hubs.get(name.toLowerCase());
    if (found === undefined) throw notFound(name);
    return found;
  };
  return {
    create: (name, options) => {
      const hub = hubs.get(name.toLowerCase()) ?? createEventHub(name, options);
      hubs.set(name.toLowerCase(), hub);
      return hub;
    },
    eventHub,
    consumerPartition: (name, consumerGroup, partitionId) => {
      const hub = eventHub(name);
      if (!hub.hasConsumerGroup(consumerGroup)) throw notFound(`${name}/ConsumerGroups/${consumerGroup}`);
      const partition = hub.partition(partitionId);
      if (partition === undefined) throw noSuchPartition(name, partitionId);
      return partition;
    },
  };
};
