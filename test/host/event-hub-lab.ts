import { EventHubProducerClient, type EventData } from '@azure/event-hubs';
import { BlobCheckpointStore } from '@azure/eventhubs-checkpointstore-blob';
import { ContainerClient } from '@azure/storage-blob';
import { startAzurite, type Azurite } from '../../lab/azurite/azurite.js';
import type { EventHubsNamespace } from '../../lab/contracts.js';
import { startNamespace } from '../../lab/event-hubs/namespace.js';

const fixtureHubs = ['binary', 'parsed', 'text', 'single', 'retried'];

export interface EventHubLab {
  readonly azurite: Azurite;
  readonly namespace: EventHubsNamespace;
  /** What the fixture's bindings name. */
  readonly settings: Record<string, string>;
  /** Empty Event Hubs for the next test: `settings`, `send` and `checkpoint` mean them from now on. */
  renew(): void;
  send(hub: string, events: EventData[], options?: { partitionKey?: string; partitionId?: string }): Promise<void>;
  /** Sequence number of the checkpoint of partition 0, undefined when there is none. */
  checkpoint(hub: string): Promise<number | undefined>;
  close(): Promise<void>;
}

/** Azurite and a namespace with one Event Hub per function of the fixture, one partition each unless told otherwise. */
export async function startEventHubLab(port: number | undefined, partitions = 1): Promise<EventHubLab> {
  const azurite = await startAzurite();
  const namespace = await startNamespace({
    faults: { before: () => Promise.resolve(undefined) },
    ...(port === undefined ? {} : { port }),
  });
  let round = 0;
  const actual = (hub: string): string => (round === 0 ? hub : `${hub}-${round}`);
  const createHubs = (): void => {
    for (const hub of fixtureHubs) namespace.createEventHub(actual(hub), { partitions });
  };
  createHubs();
  const store = new BlobCheckpointStore(new ContainerClient(azurite.connectionString, 'azure-webjobs-eventhub'));
  return {
    azurite,
    namespace,
    get settings() {
      const hubs = fixtureHubs.map((hub) => [`HUB_${hub.toUpperCase()}`, actual(hub)]);
      return {
        ...(Object.fromEntries(hubs) as Record<string, string>),
        TWIN_EVENTS: namespace.connectionString,
        GROUP: '$Default',
        AzureWebJobsStorage: azurite.connectionString,
      };
    },
    renew() {
      round += 1;
      createHubs();
    },
    async send(hub, events, options = { partitionId: '0' }) {
      const producer = new EventHubProducerClient(namespace.connectionString, actual(hub));
      try {
        await producer.sendBatch(events, options as { partitionId: string });
      } finally {
        await producer.close();
      }
    },
    async checkpoint(hub) {
      const [found] = await store.listCheckpoints('127.0.0.1', actual(hub), '$Default');
      return found?.sequenceNumber;
    },
    async close() {
      await namespace.close();
      await azurite.close();
    },
  };
}
