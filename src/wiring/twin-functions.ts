import { app } from '@azure/functions';
import { twinSyncHandler } from '../functions/twin-sync.js';
import { hubRoles, otherRole, type HubRole } from '../hub-model.js';
import type { Settings } from '../settings.js';
import type { ReplayerOptions } from '../twin/effects.js';
import type { TwinHubPort } from '../twin/ports.js';
import { createTwinReplayer } from '../twin/replay-batch.js';

/**
 * Any other form lets the host parse the bodies: one that is not JSON would fail its batch, and dates would be rewritten. The
 * library passes the option on but has no type for it.
 */
const rawBodies = { dataType: 'binary' };

export interface TwinFunctionsOptions extends Omit<
  ReplayerOptions,
  'source' | 'sourceHubName' | 'target' | 'concurrency' | 'holdLimitInMs' | 'leaseInMs'
> {
  settings: Settings;
  hubs: Record<HubRole, TwinHubPort>;
  /** Told of each partition that brings something. */
  sawPartition: (partition: string) => void;
}

/** `twinSync` and `twinSyncSecondary`, as far as their Event Hubs are set. */
export function registerTwinFunctions({ settings, hubs, sawPartition, ...shared }: TwinFunctionsOptions): void {
  for (const source of hubRoles) {
    const events = settings.twinEvents[source];
    if (!events) {
      const setting = source === 'primary' ? 'PRIMARY_TWIN_EVENTS' : 'SECONDARY_TWIN_EVENTS';
      shared.logger.event('warn', 'functions.notRegistered', { setting });
      continue;
    }
    const replayer = createTwinReplayer({
      ...shared,
      source,
      sourceHubName: settings.hubs[source].hostName,
      target: hubs[otherRole(source)],
      concurrency: settings.twinConcurrency,
      holdLimitInMs: settings.holdLimitInMs,
      // A process that could not look at anything for so long holds anyway.
      leaseInMs: settings.stateMaxAgeInMs,
    });
    app.eventHub(source === 'primary' ? 'twinSync' : 'twinSyncSecondary', {
      connection: events.connectionName,
      eventHubName: events.eventHubName,
      consumerGroup: settings.twinConsumerGroup,
      cardinality: 'many',
      ...rawBodies,
      // Without end: how long a partition waits is decided by the replayer, which knows why (docs/decisions/0004).
      retry: {
        strategy: 'exponentialBackoff',
        maxRetryCount: -1,
        minimumInterval: { seconds: 1 },
        maximumInterval: { seconds: 15 },
      },
      handler: twinSyncHandler({
        replayBatch(batch, context) {
          sawPartition(`${context.eventHubName}/${context.partitionId}`);
          return replayer.replayBatch(batch, context);
        },
      }),
    });
  }
}
