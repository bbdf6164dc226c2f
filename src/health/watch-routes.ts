import type { Clock } from '../clock.js';
import { isAppError } from '../errors.js';
import type { HubRole } from '../hub-model.js';
import type { Logger } from '../log-events.js';
import { isWell, judgeRoute } from './judge-route.js';
import type { RouteReaderPort, RouteRow, RouteRowsPort } from './route-ports.js';

export interface WatchedRoutes {
  source: HubRole;
  hubName: string;
  eventHub: string;
  reader: RouteReaderPort;
}

/** A role takes minutes to come; without an identity each try asks every kind of sign-in on the machine. */
const UNAUTHORIZED_REST_IN_MS = 10 * 60_000;

interface WatchRoutesOptions {
  watched: readonly WatchedRoutes[];
  rows: RouteRowsPort;
  clock: Clock;
  logger: Logger;
  timeoutInMs: number;
}

/**
 * Looks at the routes of each hub whose resource is set, once each time it is called. Rejects with storageUnavailable. ARM that is away
 * says nothing of a route; that is told once.
 */
export function createRouteWatch({ watched, rows, clock, logger, timeoutInMs }: WatchRoutesOptions) {
  const unreadable = new Map<string, string>();
  const lookAt = new Map<string, number>();
  const tellUnreadable = (hub: string, code: string): void => {
    if (unreadable.get(hub) !== code) logger.event('warn', 'route.unreadable', { hub, code });
    unreadable.set(hub, code);
  };
  return async (): Promise<void> => {
    const known = await rows.list();
    for (const each of watched) {
      if (clock.monotonicInMs() < (lookAt.get(each.hubName) ?? 0)) continue;
      try {
        await look(each, known);
        unreadable.delete(each.hubName);
      } catch (error) {
        if (!isAppError(error) || !error.code.startsWith('arm')) throw error;
        tellUnreadable(each.hubName, error.code);
        if (error.code === 'armUnauthorized') lookAt.set(each.hubName, clock.monotonicInMs() + UNAUTHORIZED_REST_IN_MS);
      }
    }
  };

  async function look({ source, hubName, eventHub, reader }: WatchedRoutes, known: RouteRow[]): Promise<void> {
    for (const reading of await reader.readEndpoints(eventHub, { timeoutInMs })) {
      const before = known.find((row) => row.source === source && row.endpoint === reading.name);
      const row = judgeRoute(before, reading, { source, now: clock.now() });
      if (!isSame(before, row)) await rows.put(row);
      tell(hubName, before, row);
    }
  }

  function tell(hub: string, before: RouteRow | undefined, { endpoint, status, loss }: RouteRow): void {
    if (status !== before?.status && (before !== undefined || status !== 'healthy'))
      logger.event(status === 'healthy' ? 'info' : 'warn', 'route.status', { hub, endpoint, status });
    if (loss && !before?.loss)
      logger.event('error', 'route.mayHaveLost', { hub, endpoint, from: loss.from.toISOString() });
  }
}

const isSame = (before: RouteRow | undefined, row: RouteRow): boolean =>
  before !== undefined &&
  before.status === row.status &&
  before.loss?.from.getTime() === row.loss?.from.getTime() &&
  before.loss?.to?.getTime() === row.loss?.to?.getTime() &&
  // Each success moves it: an hour's figure need not be younger than a minute.
  Math.abs((row.succeededAt?.getTime() ?? 0) - (before.succeededAt?.getTime() ?? 0)) < 60_000;

/** By an operator, who has compared the hubs or repaired what was lost. Resolves with those that had lost something. */
export async function forgetLosses(rows: RouteRowsPort): Promise<RouteRow[]> {
  const lost = (await rows.list()).filter(({ loss }) => loss);
  for (const { loss: _loss, ...row } of lost) await rows.put(row);
  return lost;
}

/** Those that an operator has to know of. Rejects with storageUnavailable. */
export const listTroubled = async (rows: RouteRowsPort): Promise<RouteRow[]> =>
  (await rows.list()).filter((row) => !isWell(row));
