import type { Clock } from '../clock.js';
import { codeOf } from '../errors.js';
import type { HubRole, IdentityKey } from '../hub-model.js';
import type { Logger } from '../log-events.js';
import type { Counters } from './counters.js';
import type { RouteRow } from './route-ports.js';

/** What health asks of the rest. Stored figures reject when storage is away; they are then null in the report. */
interface HealthSources {
  /** Brings the routing document up where that is due. */
  routing(): Promise<{ activeHub: HubRole; epoch: number; revision: number; direction: string } | undefined>;
  stateAgeInMs(): number | undefined;
  /** What the last read of the routing document found wrong. `isTrouble`: it goes away with its cause. */
  routingProblem(): { problem: { reason: string }; isTrouble: boolean } | undefined;
  countDirty(): Promise<number>;
  countRetryQueue(): Promise<number>;
  countPoison(): Promise<number>;
  countParked(): Promise<Record<string, number>>;
  /** Hubs that can't be mirrored at all, with the reason. */
  hubProblems(): Partial<Record<HubRole, string>>;
  /** Copies that are left as they are, since somebody else wrote them or lives there. */
  listKept(): Promise<{ counts: Record<string, number>; first: KeptCopy[] }>;
  /** Routes to the event hubs of twin changes that do not deliver, or may have lost some. Empty where no ARM resource is set. */
  listRoutes(): Promise<RouteRow[]>;
  /** Directions in which nothing is taken away on the standby until a person has looked. */
  listBreakers(): Promise<{ source: HubRole; reason: string; since: Date; taken: number }[]>;
}

export interface HealthReport {
  ok: boolean;
  instanceId: string;
  startedAt: string;
  activeHub: HubRole | null;
  epoch: number | null;
  revision: number | null;
  direction: string | null;
  stateAgeInMs: number | null;
  /** What is wrong with the routing document, by name and with what is needed to mend it. */
  routingProblem: { reason: string } | null;
  /** Hubs that can't be mirrored at all: `tierNotSupported`. Of this instance, as of the hub's last answer that told. */
  hubProblems: Partial<Record<HubRole, string>>;
  applied: number;
  coalesced: number;
  skipped: Record<string, number>;
  /** Partitions of this instance that wait for their target, by reason. */
  held: Record<string, number>;
  /** Read from storage, shared by all instances. */
  dirty: number | null;
  retryQueue: number | null;
  poison: number | null;
  parked: Record<string, number> | null;
  /** Copies that are left as they are: how many by reason, and the first of them. A person should know each. */
  kept: { counts: Record<string, number>; first: ListedCopy[] } | null;
  /** Open ones: `ok` is false meanwhile. `since`: ISO 8601. */
  breakers: { source: HubRole; reason: string; since: string; taken: number }[] | null;
  /** `ok` is false while one of them may have lost changes. Times are ISO 8601; `to` is null while the route is dead. */
  routes:
    | {
        source: HubRole;
        endpoint: string;
        status: string;
        since: string;
        mayHaveLost: { from: string; to: string | null } | null;
      }[]
    | null;
  lagInMs: number | null;
}

/** `source`: the role of the hub that it is a copy of. `since`: ISO 8601. */
interface ListedCopy {
  source: HubRole;
  deviceId: string;
  moduleId?: string;
  reason: string;
  since: string;
}
interface KeptCopy {
  source: HubRole;
  key: IdentityKey;
  reason: string;
  since: Date;
}

const toRoute = ({ source, endpoint, status, since, loss }: RouteRow) => ({
  source,
  endpoint,
  status,
  since: since.toISOString(),
  mayHaveLost: loss ? { from: loss.from.toISOString(), to: loss.to?.toISOString() ?? null } : null,
});

const listed = ({ source, key, reason, since }: KeptCopy): ListedCopy => ({
  source,
  ...key,
  reason,
  since: since.toISOString(),
});

export interface HealthOptions {
  sources: HealthSources;
  counters: Counters;
  clock: Clock;
  logger: Logger;
  instanceId: string;
  stateMaxAgeInMs: number;
  /** False where neither identities nor routes are this app's affair: then no routing document is read, or made. */
  needsRouting: boolean;
}

export interface Health {
  /** True while the routing document, where it is needed, is young enough for writing and asks for nobody: else nothing is mirrored, or soon. */
  ok(): Promise<boolean>;
  report(): Promise<HealthReport>;
}

export function createHealth(options: HealthOptions): Health {
  const { sources, counters, clock, logger, instanceId, stateMaxAgeInMs, needsRouting } = options;
  const startedAt = clock.now().toISOString();
  const readRouting = async () => (needsRouting ? await sources.routing() : undefined);
  const isOk = (breakers: readonly unknown[] | null, routes: readonly RouteRow[] | null) => {
    if (breakers?.length || routes?.some(({ loss }) => loss)) return false;
    if (!needsRouting) return true;
    if (Object.keys(sources.hubProblems()).length > 0) return false;
    const age = sources.stateAgeInMs();
    return age !== undefined && age < stateMaxAgeInMs && sources.routingProblem()?.isTrouble !== false;
  };
  const orNull = async <T>(name: string, figure: Promise<T>): Promise<T | null> => {
    try {
      return await figure;
    } catch (error) {
      logger.event('warn', 'health.unreadable', { figure: name, code: codeOf(error) });
      return null;
    }
  };

  return {
    async ok() {
      await readRouting();
      const [breakers, routes] = await Promise.all([
        orNull('breakers', sources.listBreakers()),
        orNull('routes', sources.listRoutes()),
      ]);
      return isOk(breakers, routes);
    },
    async report() {
      const routing = await readRouting();
      const [dirty, retryQueue, poison, parked, kept, breakers, routes] = await Promise.all([
        orNull('dirty', sources.countDirty()),
        orNull('retryQueue', sources.countRetryQueue()),
        orNull('poison', sources.countPoison()),
        orNull('parked', sources.countParked()),
        orNull('kept', sources.listKept()),
        orNull('breakers', sources.listBreakers()),
        orNull('routes', sources.listRoutes()),
      ]);
      const { lagInMs, ...counted } = counters.read(clock.now());
      return {
        ok: isOk(breakers, routes),
        instanceId,
        startedAt,
        activeHub: routing?.activeHub ?? null,
        epoch: routing?.epoch ?? null,
        revision: routing?.revision ?? null,
        direction: routing?.direction ?? null,
        stateAgeInMs: sources.stateAgeInMs() ?? null,
        routingProblem: (needsRouting && sources.routingProblem()?.problem) || null,
        hubProblems: sources.hubProblems(),
        ...counted,
        dirty,
        retryQueue,
        poison,
        parked,
        breakers: breakers && breakers.map(({ since, ...rest }) => ({ ...rest, since: since.toISOString() })),
        kept: kept && { counts: kept.counts, first: kept.first.map(listed) },
        routes: routes && routes.map(toRoute),
        lagInMs: lagInMs ?? null,
      };
    },
  };
}
