import { app } from '@azure/functions';
import { createArmRoutes } from '../azure/arm/arm-routes.js';
import { createCredential } from '../azure/credential.js';
import type { Clock } from '../clock.js';
import { timerHandler } from '../functions/timer.js';
import type { Logger } from '../log-events.js';
import type { RouteRowsPort } from '../health/route-ports.js';
import { createRouteWatch, type WatchedRoutes } from '../health/watch-routes.js';
import type { Settings } from '../settings.js';
import { timerSchedule } from '../timer-schedule.js';

export interface RouteFunctionsOptions {
  settings: Settings;
  rows: RouteRowsPort;
  clock: Clock;
  logger: Logger;
}

/** `routeWatch`, where a mirrored hub's ARM resource is set. Opens no connection: the first run does. */
export function registerRouteFunctions({ settings, rows, clock, logger }: RouteFunctionsOptions): void {
  const { watched: hubs, armEndpoint: endpoint, readTimeoutInMs: timeoutInMs, steadyInMs } = settings.failover;
  const credential = createCredential({});
  const watched = hubs.flatMap(({ role: source, name: hubName, resource }): WatchedRoutes[] => {
    const events = settings.twinEvents[source];
    if (!events) return [];
    return [
      { source, hubName, eventHub: events.eventHubName, reader: createArmRoutes({ resource, endpoint, credential }) },
    ];
  });
  if (watched.length === 0) return;
  app.timer('routeWatch', {
    schedule: timerSchedule(Math.min(60_000, steadyInMs)),
    handler: timerHandler(createRouteWatch({ watched, rows, clock, logger, timeoutInMs })),
  });
}
