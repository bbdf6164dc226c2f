import { EventHubProducerClient } from '@azure/event-hubs';
import { BlobCheckpointStore } from '@azure/eventhubs-checkpointstore-blob';
import { credentialOf, type Services } from '../azure/connect-services.js';
import { createEndpointEnds } from '../azure/endpoint-ends.js';
import { createEventHubTarget } from '../azure/relay/event-hub-target.js';
import { createStorageCall } from '../azure/storage/storage-call.js';
import type { Clock } from '../clock.js';
import { blobLastSeenStore, createFailoverEventProcessor, followApp } from '../consumer/index.js';
import type { FailoverEventProcessor, GenerationSource } from '../consumer/contract.js';
import { createFreshEnds, type FreshEnds } from '../failover/fresh-ends.js';
import { toDocument } from '../failover/document.js';
import { tellProgress } from '../failover/tell-progress.js';
import { AppError } from '../errors.js';
import { defectFields, type Logger } from '../log-events.js';
import { createDocumentSource, type ConsumersStorePort } from '../relay/document-source.js';
import type { RelayTargetPort } from '../relay/ports.js';
import { startRelay, type RunningRelay } from '../relay/relay.js';
import type { WatchedHub } from '../settings/failover.js';
import type { RelaySettings } from '../settings/relay.js';
import { forReports } from './watched-hubs.js';

export interface ConnectRelayOptions {
  relay: RelaySettings;
  watched: readonly WatchedHub[];
  storage: Pick<Services, 'watches' | 'progress' | 'park' | 'blobs'>;
  clock: Clock;
  logger: Logger;
}

/** Checkpoints, ownership and last seen positions. */
const CONTAINER = 'standby-relay';
/** Under this name the watch knows the relay's progress. */
const CONSUMER = 'relay';
const BATCH_SIZE = 500;
/** What a crash may send twice; each write costs (docs/relay.md). */
const CHECKPOINT_EVERY_SECONDS = 5;

const watchStore = (
  { storage, clock, logger }: Pick<ConnectRelayOptions, 'storage' | 'clock' | 'logger'>,
  freshEndsOf: (hub: string) => FreshEnds | undefined,
): ConsumersStorePort => ({
  read: async (hub) => {
    const stored = await storage.watches.read(hub);
    return stored && toDocument(stored.state, []);
  },
  tell: async (hub, told) => {
    const { watches: store, progress } = storage;
    // Nothing here can wake the watch: while it waits for news it looks every few seconds.
    const outcome = await tellProgress(
      { store, progress, freshEnds: freshEndsOf(hub), lookNow: async () => undefined, logger },
      { hub, told, now: clock.now() },
    );
    if (!('reason' in outcome)) return;
    throw new AppError('generationsRefused', `progress of the relay: ${outcome.reason}`, { retryable: false });
  },
});

function connectTarget({ target }: RelaySettings, logger: Logger): RelayTargetPort {
  const { connection, eventHubName } = target;
  return createEventHubTarget({
    connect: (options) =>
      connection.kind === 'connectionString'
        ? new EventHubProducerClient(connection.value, eventHubName, options)
        : new EventHubProducerClient(
            connection.address['fullyQualifiedNamespace'] ?? '',
            eventHubName,
            credentialOf(connection),
            options,
          ),
    onError: (error) => logger.event('warn', 'relay.error', defectFields(error)),
  });
}

/** How the processors of one process are started: one per hub that can be relayed. Opens no connection before. */
export function connectRelay(options: ConnectRelayOptions): () => RunningRelay {
  const { relay, storage, clock, logger } = options;
  const hubs = new Map(options.watched.flatMap(({ name, events }) => (events ? [[name, events] as const] : [])));
  const container = storage.blobs.getContainerClient(CONTAINER);
  const withContainer = createStorageCall((abortSignal) => container.createIfNotExists({ abortSignal }));
  const freshEnds = new Map(
    [...hubs].map(([hub, { key }]) => [
      hub,
      createFreshEnds({ ends: createEndpointEnds({ key }), clock, ...forReports }),
    ]),
  );
  const store = watchStore(options, (hub) => freshEnds.get(hub));
  const { app } = relay;
  const sourceOf = (hub: string): GenerationSource =>
    app
      ? followApp({ url: app.url, hub, key: () => app.key, progressKey: () => app.progressKey, pollInMs: 1000 })
      : createDocumentSource({ hub, store, clock });

  return () =>
    startRelay({
      hubs: [...hubs.keys()],
      connectTarget: () => connectTarget(relay, logger),
      park: storage.park,
      clock,
      logger,
      random: Math.random,
      deduplicationKey: relay.deduplicationKey,
      createProcessor: (hub, handlers): FailoverEventProcessor => {
        const key = hubs.get(hub)?.key;
        const processor = createFailoverEventProcessor({
          source: sourceOf(hub),
          sharedKey: async () => {
            if (!key) throw new TypeError(`no key for ${hub}`);
            return key;
          },
          consumerGroup: relay.consumerGroup,
          consumer: CONSUMER,
          checkpointStore: new BlobCheckpointStore(container),
          lastSeen: blobLastSeenStore(container),
          handlers,
          firstGenerationStart: relay.start,
          skipParsingBodyAsJson: true,
          maxBatchSize: BATCH_SIZE,
          prefetchCount: BATCH_SIZE,
          checkpoint: { kind: 'everySeconds', seconds: CHECKPOINT_EVERY_SECONDS },
        });
        return {
          ...processor,
          start: async () => {
            await withContainer('relay container', async () => undefined);
            await processor.start();
          },
        };
      },
    });
}
