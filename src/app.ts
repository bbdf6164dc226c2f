import { randomUUID } from 'node:crypto';
import { app } from '@azure/functions';
import { connectServices } from './azure/connect-services.js';
import type { Clock } from './clock.js';
import { createInvocationLogger } from './functions/invocation-log.js';
import { registryRetryHandler } from './functions/registry-retry.js';
import { timerHandler } from './functions/timer.js';
import { registrySyncHandler } from './functions/registry-sync.js';
import { createCounters } from './health/counters.js';
import type { HubRole } from './hub-model.js';
import type { LogLevel } from './log-events.js';
import { createRepairPace } from './pacing/repair-pace.js';
import { createConfirmDelete } from './registry/confirm-delete.js';
import { createRegistryEventHandler } from './registry/handle-event.js';
import { createRegistryRetryHandler } from './registry/handle-retry.js';
import { paceRepairs } from './registry/pace-repair.js';
import { purgeTombstones } from './registry/purge-tombstones.js';
import { createReplicate } from './registry/replicate.js';
import { createIdentitySync } from './registry/sync-identity.js';
import { createSyncNow } from './registry/sync-now.js';
import { sweepDeletions, sweepMarks } from './registry/sweep-marks.js';
import { decideDirection } from './routing/direction.js';
import { createRoutingState } from './routing/state.js';
import type { Settings } from './settings.js';
import { createStandStillWatch } from './stand-still.js';
import { timerSchedule } from './timer-schedule.js';
import { connectRelay } from './wiring/connect-relay.js';
import { countReported } from './wiring/count-reported.js';
import { registerFailoverFunctions } from './wiring/failover-functions.js';
import { registerHttpFunctions } from './wiring/http-functions.js';
import { olderLifeFinder } from './wiring/older-life.js';
import { registerRelayFunctions } from './wiring/relay-functions.js';
import { registerRouteFunctions } from './wiring/route-functions.js';
import { registerTwinFunctions } from './wiring/twin-functions.js';

export interface AppOptions {
  settings: Settings;
  clock: Clock;
  /** Where log events go that belong to no invocation. */
  log: (level: LogLevel, text: string) => void;
}

/** Wires rooms and adapters and registers every function whose settings are there. Nothing is called before the first event. */
export function registerApp({ settings, clock, log }: AppOptions): { close(): Promise<void> } {
  const logger = createInvocationLogger(log);
  const counters = createCounters();
  const standStill = createStandStillWatch({
    clock,
    logger,
    limitInMs: settings.stateMaxAgeInMs,
    settleInMs: 2 * settings.stateMaxAgeInMs,
  });
  const activeHub = async () => (await routing.lastGood())?.document.activeHub;
  const direction = {
    decide: async (source: HubRole) => {
      const verdict = decideDirection(await routing.fresh(), source);
      // Asked last: nothing but the write itself may come between this and the write.
      return standStill.isUncertain() ? ({ kind: 'hold', reason: 'stoodStill' } as const) : verdict;
    },
  };
  const instanceId = randomUUID();
  const mirror = { direction, activeHub };
  const services = connectServices({ settings, clock, logger, standStill, mirror, instanceId });
  const { hubs, ledger, queue, park } = services;
  const hubNames = { primary: settings.hubs.primary.name, secondary: settings.hubs.secondary.name };
  const reported = services.reported && countReported(services.reported, hubNames, counters, logger);
  const routing = createRoutingState({
    stores: services.routingStores,
    hubNames,
    clock,
    logger,
    refreshInMs: settings.stateRefreshInMs,
    maxAgeInMs: settings.stateMaxAgeInMs,
    findOlderLife: olderLifeFinder({
      ledger,
      watches: services.watches,
      standby: hubs.secondary,
      hubNames,
      clock,
      canaryDeviceId: settings.failover.canary?.deviceId,
    }),
  });

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
    massChangeLimit: settings.massChangeLimit,
    ...(reported ? { reported } : {}),
  });
  const replicate = createReplicate({ ...putBack, syncIdentity });
  const hints = { ...putBack, syncIdentity, parking: park, counters };

  const nextTurn = createRepairPace(settings.repairPerMinute, clock);

  if (settings.features.has('sync')) {
    app.eventGrid('registrySync', { handler: registrySyncHandler(createRegistryEventHandler(hints)) });
    app.storageQueue('registryRetry', {
      queueName: 'registry-retry',
      connection: settings.stateStorage.connectionName,
      handler: registryRetryHandler(paceRepairs({ ...putBack, nextTurn }, createRegistryRetryHandler(hints))),
    });
    const { repairOverdueInMs: overdueInMs } = settings;
    const sweep = { ...putBack, direction, overdueInMs };
    app.timer('registrySweep', {
      schedule: timerSchedule(Math.min(60_000, overdueInMs)),
      handler: timerHandler(async () => {
        await sweepDeletions(sweep);
        await sweepMarks(sweep);
      }),
    });
    app.timer('ledgerPurge', {
      // Once a day, at a quiet minute: the whole ledger is looked through.
      schedule: '0 17 3 * * *',
      handler: timerHandler(() => purgeTombstones({ ledger, clock, logger })),
    });
    registerRouteFunctions({ settings, rows: services.routes, clock, logger });
    registerTwinFunctions({
      settings,
      hubs,
      sawPartition: (partition) => services.pacing.partitions.saw(partition),
      direction,
      replicate,
      park,
      positions: services.positions,
      instanceId,
      counters,
      clock,
      logger,
      ...(reported ? { reported } : {}),
    });
  }
  const syncNow = createSyncNow({ ...putBack, hubs, activeHub, syncIdentity });
  registerHttpFunctions({
    confirmDelete: createConfirmDelete({ activeHub, syncIdentity }),
    settings,
    services,
    routing,
    counters,
    clock,
    logger,
    instanceId,
    syncNow,
  });
  if (settings.features.has('failover')) registerFailoverFunctions({ settings, services, clock, logger });
  const { relay } = settings;
  if (settings.features.has('relay') && relay) {
    const { watched } = settings.failover;
    const start = connectRelay({ relay, watched, storage: services, clock, logger });
    registerRelayFunctions({ relay, start, clock, logger });
  }
  return {
    close: () => {
      standStill.close();
      return services.close();
    },
  };
}
