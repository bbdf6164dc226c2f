import { app } from '@azure/functions';
import type { Services } from '../azure/connect-services.js';
import type { Clock } from '../clock.js';
import { closeBreakerHandler } from '../functions/close-breaker.js';
import { confirmDeleteHandler } from '../functions/confirm-delete.js';
import { deviceRoutingHandler } from '../functions/device-routing.js';
import { firstRoutingHandler } from '../functions/first-routing.js';
import { healthHandler } from '../functions/health.js';
import { syncDeviceHandler } from '../functions/sync-device.js';
import type { Counters } from '../health/counters.js';
import { createHealth } from '../health/report.js';
import type { Logger } from '../log-events.js';
import { closeBreakers, listOpen } from '../registry/guard-taking.js';
import type { ConfirmDelete } from '../registry/confirm-delete.js';
import type { SyncNow } from '../registry/sync-now.js';
import { forgetLosses, listTroubled } from '../health/watch-routes.js';
import { isTrouble } from '../routing/problem.js';
import type { RoutingState } from '../routing/state.js';
import type { Settings } from '../settings.js';

export interface HttpFunctionsOptions {
  settings: Settings;
  services: Pick<Services, 'ledger' | 'queue' | 'park' | 'problems' | 'routes'>;
  routing: RoutingState;
  counters: Counters;
  clock: Clock;
  logger: Logger;
  instanceId: string;
  syncNow: SyncNow;
  confirmDelete: ConfirmDelete;
}

/** `deviceRouting`, `firstRouting`, `syncDevice`, `confirmDelete` and `closeBreaker` by their features, and `health`. */
export function registerHttpFunctions(options: HttpFunctionsOptions): void {
  const { settings, services, routing, counters, clock, logger, instanceId, syncNow, confirmDelete } = options;
  const { ledger, queue, park } = services;
  const retryAfterInSeconds = Math.ceil(settings.stateRefreshInMs / 1000);
  const mirrors = settings.features.has('sync');
  const routes = settings.features.has('routing');
  if (routes) {
    app.http('deviceRouting', {
      route: 'devices/{deviceId}/hub',
      methods: ['GET'],
      authLevel: 'function',
      handler: deviceRoutingHandler({
        state: routing,
        hubs: settings.hubs,
        ttlInSeconds: settings.routeTtlInSeconds,
        retryAfterInSeconds,
      }),
    });
  }
  if (mirrors || routes) {
    app.http('firstRouting', {
      route: 'routing/first',
      methods: ['POST'],
      // The operator's key is asked for in there (docs/decisions/0002).
      authLevel: 'anonymous',
      handler: firstRoutingHandler({ state: routing, operatorKey: settings.operatorKey, logger, retryAfterInSeconds }),
    });
  }
  if (mirrors) {
    app.http('syncDevice', {
      route: 'devices/{deviceId}/sync',
      methods: ['POST'],
      authLevel: 'function',
      handler: syncDeviceHandler({ syncNow, retryAfterInSeconds }),
    });
    app.http('confirmDelete', {
      route: 'devices/{deviceId}/confirm-delete',
      methods: ['POST'],
      authLevel: 'anonymous',
      handler: confirmDeleteHandler({ confirmDelete, operatorKey: settings.operatorKey, logger, retryAfterInSeconds }),
    });
    app.http('closeBreaker', {
      route: 'breaker/close',
      methods: ['POST'],
      authLevel: 'anonymous',
      handler: closeBreakerHandler({
        close: (allow) => closeBreakers({ ledger, clock }, allow),
        forgetLosses: () => forgetLosses(services.routes),
        operatorKey: settings.operatorKey,
        logger,
        retryAfterInSeconds,
      }),
    });
  }
  const health = createHealth({
    counters,
    clock,
    logger,
    instanceId,
    stateMaxAgeInMs: settings.stateMaxAgeInMs,
    needsRouting: mirrors || routes,
    sources: {
      routing: async () => {
        await routing.firstRead();
        return (await routing.lastGood())?.document;
      },
      stateAgeInMs: () => routing.ageInMs(),
      routingProblem: () => {
        const problem = routing.problem();
        return problem && { problem, isTrouble: isTrouble(problem) };
      },
      countDirty: () => ledger.countDirty(),
      countRetryQueue: () => queue.count(),
      countPoison: () => queue.countPoison(),
      countParked: () => park.countParked(),
      hubProblems: () => services.problems.read(),
      listKept: () => ledger.kept.list(),
      listRoutes: () => (mirrors ? listTroubled(services.routes) : Promise.resolve([])),
      listBreakers: () => (mirrors ? listOpen(ledger) : Promise.resolve([])),
    },
  });
  app.http('health', {
    route: 'health',
    methods: ['GET'],
    authLevel: 'anonymous',
    handler: healthHandler({ health, operatorKey: settings.operatorKey }),
  });
}
