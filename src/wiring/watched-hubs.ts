import { createArmHub } from '../azure/arm/arm-hub.js';
import { createEndpointEnds } from '../azure/endpoint-ends.js';
import { createBuiltInRedirect } from '../azure/built-in-redirect.js';
import type { Services } from '../azure/connect-services.js';
import { createCredential } from '../azure/credential.js';
import type { Clock } from '../clock.js';
import { createFreshEnds, type FreshEnds } from '../failover/fresh-ends.js';
import type { EndsPort, UpkeepInput } from '../failover/ports.js';
import type { WatchTimes } from '../failover/snapshot.js';
import { runRound, type RoundOptions, type RoundOutcome } from '../failover/round.js';
import { runUpkeep } from '../failover/upkeep.js';
import { serviceHostOf } from '../hub-name.js';
import type { Logger } from '../log-events.js';
import type { FailoverSettings, WatchedHub } from '../settings/failover.js';

export interface WatchedHubsOptions {
  failover: FailoverSettings;
  services: Pick<Services, 'watches' | 'progress'>;
  clock: Clock;
  logger: Logger;
}

/** What the functions of the feature `failover` do with the watched hubs, by name. */
export interface WatchedHubs {
  hubs: readonly { role: string; name: string }[];
  times: WatchTimes;
  runRound(hub: string): Promise<RoundOutcome>;
  runUpkeep(input: UpkeepInput): Promise<void>;
  /** Absent without a key of the built-in endpoint. */
  freshEndsOf(hub: string): FreshEnds | undefined;
}

/** A look of the watch delays its next round where the endpoint is gone; a connection takes its time. */
const LEAST_LOOK_IN_MS = 2000;
/** Looks for reports: who reports waits for one, and for the gap before it, less than a call may take. */
export const forReports = { timeoutInMs: 5000, gapInMs: 2000 };

/** Opens no connection: the first round does. */
export function connectWatchedHubs({ failover, services, clock, logger }: WatchedHubsOptions): WatchedHubs {
  const { watched, readTimeoutInMs, consumerGroups, armEndpoint } = failover;
  const { steadyInMs, failoverInMs, verifyTimeoutInMs, drainLimitInMs } = failover;
  const times: WatchTimes = { steadyInMs, failoverInMs, verifyTimeoutInMs, drainLimitInMs };
  const credential = createCredential({});

  const connect = ({ name, hostName, resource, events }: WatchedHub) => {
    const arm = createArmHub({ resource, endpoint: armEndpoint, credential });
    const shared = { hub: name, arm, store: services.watches, clock, logger };
    const ends: EndsPort | undefined = events && createEndpointEnds({ key: events.key });
    const round: RoundOptions = {
      ...shared,
      redirect: events && createBuiltInRedirect({ hostName: serviceHostOf(hostName), key: events.key }),
      configured: events?.endpoint,
      ends,
      endsTimeoutInMs: Math.min(readTimeoutInMs, Math.max(failoverInMs, LEAST_LOOK_IN_MS)),
      progress: services.progress,
      times,
      readTimeoutInMs,
    };
    const freshEnds = ends && createFreshEnds({ ends, clock, ...forReports });
    return { round, freshEnds, upkeep: { ...shared, consumerGroups, key: events?.key, timeoutInMs: readTimeoutInMs } };
  };
  const connected = new Map(watched.map((hub) => [hub.name, connect(hub)]));

  return {
    hubs: watched.map(({ role, name }) => ({ role, name })),
    times,
    async runRound(hub) {
      const found = connected.get(hub);
      return found ? runRound(found.round) : { actions: [], lookAgainInMs: steadyInMs, unwatched: true };
    },
    freshEndsOf: (hub) => connected.get(hub)?.freshEnds,
    async runUpkeep({ hub, ...what }) {
      const found = connected.get(hub);
      if (found) await runUpkeep(found.upkeep, what);
    },
  };
}
