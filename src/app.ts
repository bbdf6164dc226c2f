import { randomUUID } from 'node:crypto';
import { app } from '@azure/functions';
import { connectServices } from './azure/connect-services.js';
import type { Clock } from './clock.js';
import { deviceRoutingHandler } from './functions/device-routing.js';
import { healthHandler } from './functions/health.js';
import { createInvocationLogger } from './functions/invocation-log.js';
import { registryRetryHandler } from './functions/registry-retry.js';
import { registrySyncHandler } from './functions/registry-sync.js';
import { twinSyncHandler } from './functions/twin-sync.js';
import { createCounters } from './health/counters.js';
import { createHealth } from './health/report.js';
import { otherRole, type HubRole } from './hub-model.js';
import type { LogLevel } from './log-events.js';
import { createRegistryEventHandler } from './registry/handle-event.js';
import { createRegistryRetryHandler } from './registry/handle-retry.js';
import { createReplicate } from './registry/replicate.js';
import { createIdentitySync } from './registry/sync-identity.js';
import { decideDirection } from './routing/direction.js';
import { createRoutingState } from './routing/state.js';
import type { Settings } from './settings.js';
import { createTwinReplayer } from './twin/replay-batch.js';

export interface AppOptions {
  settings: Settings;
  clock: Clock;
  /** Where log events go that belong to no invocation. */
  log: (level: LogLevel, text: string) => void;
}

/**
 * Any other form lets the host parse the bodies: one that is not JSON would fail its batch, and dates would be rewritten. The
 * library passes the option on but has no type for it.
 */
const rawBodies = { dataType: 'binary' };

const roles: readonly HubRole[] = ['primary', 'secondary'];

/** Wires rooms and adapters and registers every function whose settings are there. Nothing is called before the first event. */
export function registerApp({ settings, clock, log }: AppOptions): { close(): Promise<void> } {
  const logger = createInvocationLogger(log);
  const counters = createCounters();
  const services = connectServices({ settings, clock, logger });
  const { hubs, ledger, queue, park, reported } = services;
  const hubNames = { primary: settings.hubs.primary.name, secondary: settings.hubs.secondary.name };

  const routing = createRoutingState({
    stores: services.routingStores,
    clock,
    logger,
    refreshInMs: settings.stateRefreshInMs,
    maxAgeInMs: settings.stateMaxAgeInMs,
    isFreshInstallation: () => ledger.isEmpty(),
  });
  const direction = { decide: async (source: HubRole) => decideDirection(await routing.fresh(), source) };

  const putBack = { hubNames, ledger, queue, clock, logger, random: Math.random };
  const syncIdentity = createIdentitySync({
    hubs,
    hubNames,
    ledger,
    queue,
    direction,
    clock,
    logger,
    graceInMs: settings.deleteGraceInMs,
    ...(reported ? { reported } : {}),
  });
  const replicate = createReplicate({ ...putBack, syncIdentity });
  const hints = { ...putBack, syncIdentity, parking: park, counters };

  app.eventGrid('registrySync', { handler: registrySyncHandler(createRegistryEventHandler(hints)) });
  app.storageQueue('registryRetry', {
    queueName: 'registry-retry',
    connection: settings.stateStorage.connectionName,
    handler: registryRetryHandler(createRegistryRetryHandler(hints)),
  });
  for (const source of roles) {
    const events = settings.twinEvents[source];
    if (!events) {
      const name = source === 'primary' ? 'PRIMARY_TWIN_EVENTS' : 'SECONDARY_TWIN_EVENTS';
      logger.event('warn', 'functions.notRegistered', { setting: name, source });
      continue;
    }
    const replayer = createTwinReplayer({
      source,
      direction,
      replicate,
      park,
      counters,
      clock,
      logger,
      sourceHubName: settings.hubs[source].hostName,
      target: hubs[otherRole(source)],
      concurrency: settings.twinConcurrency,
      holdLimitInMs: settings.holdLimitInMs,
      ...(reported ? { reported } : {}),
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
      handler: twinSyncHandler(replayer),
    });
  }
  app.http('deviceRouting', {
    route: 'devices/{deviceId}/hub',
    methods: ['GET'],
    authLevel: 'function',
    handler: deviceRoutingHandler({
      state: routing,
      hubs: settings.hubs,
      ttlInSeconds: settings.routeTtlInSeconds,
      retryAfterInSeconds: Math.ceil(settings.stateRefreshInMs / 1000),
    }),
  });
  const health = createHealth({
    counters,
    clock,
    logger,
    instanceId: randomUUID(),
    stateMaxAgeInMs: settings.stateMaxAgeInMs,
    sources: {
      routing: async () => (await routing.lastGood())?.document,
      stateAgeInMs: () => routing.ageInMs(),
      countDirty: () => ledger.countDirty(),
      countRetryQueue: () => queue.count(),
      countPoison: () => queue.countPoison(),
      countParked: () => services.park.countParked(),
    },
  });
  app.http('health', {
    route: 'health',
    methods: ['GET'],
    authLevel: 'anonymous',
    handler: healthHandler({ health, operatorKey: settings.operatorKey }),
  });
  return { close: () => services.close() };
}
