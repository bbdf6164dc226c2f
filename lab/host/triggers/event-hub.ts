import { randomUUID } from 'node:crypto';
import {
  CloseReason,
  earliestEventPosition,
  EventHubConsumerClient,
  latestEventPosition,
  type EventPosition,
  type PartitionContext,
  type PartitionOwnership,
  type SubscriptionEventHandlers,
} from '@azure/event-hubs';
import { BlobCheckpointStore } from '@azure/eventhubs-checkpointstore-blob';
import { ContainerClient } from '@azure/storage-blob';
import type { RegisteredFunction } from '../core-state.js';
import { HostError } from '../host-error.js';
import { createInFlight } from '../in-flight.js';
import { textOption, triggerOf } from '../load-app.js';
import { expandNames, openConnection, resolveConnection } from '../settings.js';
import type { Listener, TriggerContext } from '../trigger.js';
import { emulatorEndpoint, watchEndpoint } from './endpoint-watch.js';
import { isOthers, ownerId, takeOver } from './own-checkpoints.js';
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

interface Pump {
  readonly processor: PartitionProcessor;
  /** Has its client opened again. */
  readonly failed: (why: string) => void;
  closed: boolean;
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
  const connectionName = expandNames(settings, textOption(trigger, 'connection') ?? '');
  const connection = resolveConnection(settings, connectionName);
  const eventHubName = expandNames(settings, textOption(trigger, 'eventHubName') ?? '');
  const consumerGroup = expandNames(settings, textOption(trigger, 'consumerGroup') ?? '$Default');
  const position = startPosition(config.eventHubs.initialOffsetOptions);
  const storage = resolveConnection(settings, 'AzureWebJobsStorage');
  const container = openConnection('AzureWebJobsStorage', () => new ContainerClient(storage, checkpointContainer));
  // Opens nothing: a string that the SDK refuses is told at the start, before anything else runs.
  openConnection(connectionName, () => new EventHubConsumerClient(consumerGroup, connection, eventHubName));
  const inFlight = createInFlight();
  const tails = new Map<string, Promise<void>>();

  // By pump (the SDK gives each a context of its own): what an old pump has in hand must never run as its successor's.
  const pumps = new Map<PartitionContext, Pump>();

  const handlers = (failed: (why: string) => void): SubscriptionEventHandlers => {
    return {
      processInitialize: (partition) => {
        pumps.set(partition, { processor: createPartitionProcessor(target, context), failed, closed: false });
        return Promise.resolve();
      },
      processEvents: async (events, partition) => {
        if (events.length === 0 || stopping.aborted) return;
        // A batch that still runs for an earlier reader of this partition goes first: order within the partition is kept.
        const before = tails.get(partition.partitionId) ?? Promise.resolve();
        const work = before.then(() => pumps.get(partition)?.processor.process(events, partition));
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
      processClose: (reason, partition) => {
        const pump = pumps.get(partition);
        if (reason === CloseReason.OwnershipLost) {
          pump?.processor.ownershipLost();
          pumps.delete(partition);
        } else {
          if (pump !== undefined) pump.closed = true;
          failed(`partition ${partition.partitionId} closed`);
        }
        return Promise.resolve();
      },
    };
  };

  const instanceId = randomUUID();

  /**
   * The SDK tells of a lost partition only between batches; the real extension looks at the ownerships in each cycle and cancels
   * a batch that is under way (Azure.Messaging.EventHubs, EventProcessor.RunProcessingAsync).
   */
  const dropLost = (ownerships: readonly PartitionOwnership[]) => {
    const byPartition = new Map(ownerships.map((ownership) => [ownership.partitionId, ownership]));
    for (const [partition, { processor, failed, closed }] of pumps) {
      const ownership = byPartition.get(partition.partitionId);
      if (ownership === undefined) continue;
      if (isOthers(ownership, instanceId)) {
        if (processor.owned) log(`'${name}', partition ${partition.partitionId} is another instance's`);
        processor.ownershipLost();
        if (closed) pumps.delete(partition);
      } else if (!processor.owned && !closed && ownership.ownerId !== '') {
        // Ours again before its link was ever cut: what came meanwhile was not run.
        failed(`partition ${partition.partitionId} came back`);
      }
    }
  };
  const store = new BlobCheckpointStore(container);
  let generation = 0;

  const open = (failed: (why: string) => void) => {
    generation += 1;
    const checkpoints = takeOver(store, instanceId, generation, dropLost);
    const clientOptions = {
      identifier: ownerId(instanceId, generation),
      retryOptions,
      loadBalancingOptions: {
        strategy: 'greedy' as const,
        updateIntervalInMs: tuning.loadBalancingInMs,
        partitionOwnershipExpirationIntervalInMs: tuning.ownershipExpiryInMs,
      },
    };
    const client = openConnection(
      connectionName,
      () => new EventHubConsumerClient(consumerGroup, connection, eventHubName, checkpoints, clientOptions),
    );
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
