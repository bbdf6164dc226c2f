import { afterAll, afterEach, beforeAll } from 'vitest';
import type { NamespaceOptions, StartedNamespace } from '../../../lab/event-hubs/namespace.js';
import { startAzurite, type Azurite } from '../../../lab/azurite/azurite.js';
import { blobLastSeenStore } from '../../../src/consumer/last-seen-blob.js';
import { blobStores, eventHubName } from './consumer.js';
import { aNamespace } from './event-hubs.js';

/** Azurite for the file; endpoints and stores for a test. */
export const consumerRig = ({ outages = false } = {}) => {
  const open: { close(): Promise<void> }[] = [];
  let azurite: Azurite | undefined;
  const storage = (): Azurite => {
    if (azurite === undefined) throw new TypeError('no storage yet');
    return azurite;
  };
  beforeAll(async () => {
    azurite = await startAzurite({ outages });
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((one) => one.close()));
  });
  afterAll(() => azurite?.close());

  return {
    storage,
    /** A namespace in emulator form that stands for an endpoint of the hub. */
    anEndpoint: async (partitions = 4, options: Partial<NamespaceOptions> = {}): Promise<StartedNamespace> => {
      const namespace = await aNamespace(options);
      namespace.createEventHub(eventHubName, { partitions });
      open.push(namespace);
      return namespace;
    },
    /** Checkpoints and last events in a container of their own. */
    stores: async () => {
      const { container, checkpointStore } = await blobStores(storage().connectionString);
      return { container, checkpointStore, lastSeen: blobLastSeenStore(container) };
    },
  };
};

export const inOneMinute = (): string => new Date(Date.now() + 60_000).toISOString();
