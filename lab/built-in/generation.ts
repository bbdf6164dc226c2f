import type { FaultGate, HubMessage, HubRole, SharedAccessPolicy } from '../contracts.js';
import { createAmqpServer, type AmqpServer } from '../event-hubs/amqp-server.js';
import { notFound } from '../event-hubs/amqp-error.js';
import type { EventHub } from '../event-hubs/event-hub.js';
import { encodeHubMessage } from '../event-hubs/message-codec.js';
import { createNamespaceStore } from '../event-hubs/namespace-store.js';
import { createReaderRegistry } from '../event-hubs/reader-registry.js';
import type { BuiltInEndpoint } from '../hub-failover/contract.js';
import { lostMessage } from './lost-message.js';

export interface GenerationOptions {
  role: HubRole;
  policies: readonly SharedAccessPolicy[];
  faults: FaultGate;
  consumerGroups: readonly string[];
  retentionCount: number;
  now: () => number;
  log: (line: string) => void;
}

/** One namespace that was the hub's endpoint at some time, with what it holds. */
export interface Generation {
  readonly endpoint: BuiltInEndpoint;
  readonly server: Pick<AmqpServer, 'accept'>;
  /** Returns when it was stored, milliseconds since 1970. */
  append(message: HubMessage): number;
  setConsumerGroups(names: readonly string[]): void;
  /** Ends its connections; what it holds stays. */
  disconnect(): void;
  /** What no reader has taken, and since when it was there. */
  unread(): { message: HubMessage; enqueuedAt: number }[];
}

/** "Control access to IoT Hub with shared access signatures": ServiceConnect gives access to the endpoints that face the service. */
const readingKeys = (policies: readonly SharedAccessPolicy[]): { name: string; key: string }[] =>
  policies
    .filter(({ rights }) => rights.includes('ServiceConnect'))
    .flatMap(({ name, primaryKey, secondaryKey }) => [primaryKey, secondaryKey].map((key) => ({ name, key })));

export const createGeneration = (endpoint: BuiltInEndpoint, options: GenerationOptions): Generation => {
  const { role, faults, retentionCount, now, log } = options;
  const store = createNamespaceStore();
  const readers = createReaderRegistry();
  const hub: EventHub = store.create(endpoint.eventHubName, {
    partitions: endpoint.partitionIds.length,
    consumerGroups: options.consumerGroups,
    retentionCount,
    now,
  });
  const server = createAmqpServer({
    store,
    readers,
    policies: readingKeys(options.policies),
    listenOnly: true,
    faults,
    plane: { hub: role, plane: 'events' },
    now,
    log,
  });

  return {
    endpoint,
    server,
    // "Device-to-cloud messages" are kept in order for each device: its id is the partition key.
    append: (message) =>
      hub.partitionForKey(message.deviceId).append((position) => encodeHubMessage(message, message.deviceId, position))
        .enqueuedAt,
    setConsumerGroups: (names) => {
      hub.setConsumerGroups(names);
      const isGone = (place: string): boolean => !hub.hasConsumerGroup(place.split('/')[1] ?? '');
      readers.evict(isGone, notFound('The consumer group'));
    },
    disconnect: () => server.end('The namespace is gone.'),
    unread: () =>
      hub.partitions.flatMap((partition) =>
        partition.unread().map(({ encoded, enqueuedAt }) => ({ message: lostMessage(encoded), enqueuedAt })),
      ),
  };
};
