import { randomUUID } from 'node:crypto';
import {
  CloseReason,
  earliestEventPosition,
  EventHubConsumerClient,
  latestEventPosition,
  type EventPosition,
  type SubscriptionEventHandlers,
} from '@azure/event-hubs';
import { BlobCheckpointStore } from '@azure/eventhubs-checkpointstore-blob';
import { ContainerClient } from '@azure/storage-blob';
import type { RegisteredFunction } from '../core-state.js';
import { HostError } from '../host-error.js';
import { createInFlight } from '../in-flight.js';
import { textOption, triggerOf } from '../load-app.js';
import { expandNames, resolveConnection } from '../settings.js';
import type { Listener, TriggerContext } from '../trigger.js';
import { emulatorEndpoint, watchEndpoint } from './endpoint-watch.js';
import { ownerId, takeOver } from './own-checkpoints.js';
import { createPartitionProcessor, type PartitionProcessor } from './partition-processor.js';
import { createRestarter } from './restarter.js';

/** Where the real extension keeps its checkpoints, too. */
const checkpointContainer = 'azure-webjobs-eventhub';

// Short, so that an outage of the namespace heals within a second or two: the SDK's own default is 3 retries, 30 s apart.
const retryOptions = { maxRetries: 1, retryDelayInMs: 200, timeoutInMs: 10_000 };

function startPosition({
  type,
  enqueuedTimeUtc,
}: TriggerContext['config']['eventHubs']['initialOffsetOptions']): EventPosition {
  if (type === 'fromStart') return earliestEventPosition;
  if (type === 'fromEnd') return latestEventPosition;
  const at = Date.parse(enqueuedTimeUtc ?? '');
  if (Number.isNaN(at))
    throw new HostError('host.badHostJson', 'initialOffsetOptions fromEnqueuedTime needs enqueuedTimeUtc.');
  return { enqueuedOn: at };
}

/** Several failed attempts come as an AggregateError without a text of its own. */
function describe(error: Error): string {
  const causes = error instanceof AggregateError ? error.errors.map(String) : [error.message];
  return `${error.name}: ${[...new Set(causes)].join('; ')}`;
}

/** An Event Hub trigger: the real SDK's processor with checkpoints in blobs. Throws HostError for what it cannot do. */
export function createEventHubListener(target: RegisteredFunction, context: TriggerContext): Listener {
  const trigger = triggerOf(target);
  const { settings, config, tuning, log, stopping } = context;
  const { name } = target.metadata;
  if (config.eventHubs.minEventBatchSize > 1) {
    throw new HostError('host.unsupported', 'extensions.eventHubs.minEventBatchSize above 1 needs the real host.');
  }
  const connection = resolveConnection(settings, expandNames(settings, textOption(trigger, 'connection') ?? ''));
  const eventHubName = expandNames(settings, textOption(trigger, 'eventHubName') ?? '');
  const consumerGroup = expandNames(settings, textOption(trigger, 'consumerGroup') ?? '$Default');
  const position = startPosition(config.eventHubs.initialOffsetOptions);
  const storage = resolveConnection(settings, 'AzureWebJobsStorage');
  const container = new ContainerClient(storage, checkpointContainer);
  const inFlight = createInFlight();
  const tails = new Map<string, Promise<void>>();

  const handlers = (failed: (why: string) => void): SubscriptionEventHandlers => {
    // One set for each client: an old client that loses its partitions to its successor must not stop the successor's.
    const processors = new Map<string, PartitionProcessor>();
    return {
      processInitialize: ({ partitionId }) => {
        processors.set(partitionId, createPartitionProcessor(target, context));
        return Promise.resolve();
      },
      processEvents: async (events, partition) => {
        if (events.length === 0 || stopping.aborted) return;
        // A batch that still runs for an earlier reader of this partition goes first: order within the partition is kept.
        const before = tails.get(partition.partitionId) ?? Promise.resolve();
        const work = before.then(() => processors.get(partition.partitionId)?.process(events, partition));
        tails.set(partition.partitionId, work);
        inFlight.add(work);
        await work;
      },
      processError: (error, { partitionId }) => {
        const where = partitionId === '' ? 'load balancing' : `partition ${partitionId}`;
        if (!stopping.aborted && error.name !== 'AbortError') log(`'${name}', ${where}: ${describe(error)}`);
        if (partitionId === '') failed(where);
        return Promise.resolve();
      },
      processClose: (reason, { partitionId }) => {
        if (reason === CloseReason.OwnershipLost) processors.get(partitionId)?.ownershipLost();
        else failed(`partition ${partitionId} closed`);
        return Promise.resolve();
      },
    };
  };

  const instanceId = randomUUID();
  const store = new BlobCheckpointStore(container);
  let generation = 0;

  const open = (failed: (why: string) => void) => {
    generation += 1;
    const checkpoints = takeOver(store, instanceId, generation);
    const client = new EventHubConsumerClient(consumerGroup, connection, eventHubName, checkpoints, {
      identifier: ownerId(instanceId, generation),
      retryOptions,
      loadBalancingOptions: {
        strategy: 'greedy',
        updateIntervalInMs: tuning.loadBalancingInMs,
        partitionOwnershipExpirationIntervalInMs: tuning.ownershipExpiryInMs,
      },
    });
    const subscription = client.subscribe(handlers(failed), {
      maxBatchSize: config.eventHubs.maxEventBatchSize,
      prefetchCount: config.eventHubs.prefetchCount,
      startPosition: position,
      skipParsingBodyAsJson: true,
    });
    const endpoint = emulatorEndpoint(connection);
    const endWatch = endpoint && watchEndpoint(endpoint, () => failed('its endpoint was away'));
    return async (): Promise<void> => {
      endWatch?.();
      await subscription.close();
      await client.close();
    };
  };
  const restarter = createRestarter(`'${name}'`, open, log);

  return {
    async start() {
      await container.createIfNotExists();
      restarter.start();
    },
    async stop() {
      await restarter.stop(tuning.stopLimitInMs);
      if (!(await inFlight.drained(tuning.stopLimitInMs))) log(`'${name}' still ran when the host stopped`);
    },
  };
}
