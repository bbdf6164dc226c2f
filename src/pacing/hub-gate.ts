import type { Clock } from '../clock.js';
import { AppError, isAppError } from '../errors.js';
import type { HubRole } from '../hub-model.js';
import type { Logger } from '../log-events.js';
import type { InstanceBudget } from './instance-budget.js';
import { createLanePace } from './lane-pace.js';
import { nextDayOf } from './quota.js';
import type { HubBudget, Lane } from './tiers.js';

interface StandbyLimits {
  budget: HubBudget;
  /** Of the hub's throttles, 0 to 1. */
  throttleShare: number;
  instance: InstanceBudget;
  /** Only the standby is paced: the active hub is read, and by another tier's rules. */
  isStandby: () => Promise<boolean>;
}

export interface HubGateOptions {
  hub: HubRole;
  clock: Clock;
  logger: Logger;
  /** Absent: only the hub's own 429 slow us down. */
  limits?: StandbyLimits;
}

export interface HubCallCost {
  lane: Lane;
  /** What the throttle counts; default 1. */
  calls?: number;
  /** What the day's quota is charged at least; default 0. */
  messages?: number;
  /** Past this wait the call is refused as hubThrottled, with `retryAfterInMs`. */
  maxWaitInMs: number;
}

/** What stands before every call to one hub. */
export interface HubGate {
  /**
   * Resolves when the call may be made: true when time has passed, so that whoever asked anything before must ask again. Rejects
   * with hubThrottled, quotaReserved, hubQuotaExceeded or storageUnavailable.
   */
  enter(cost: HubCallCost): Promise<boolean>;
  /** Messages that a call turned out to cost beyond what it entered with. */
  charge(messages: number): void;
  /** The hub answered 429. */
  refused(lane: Lane): void;
  /** What a charged call ended with: 403002 closes the hub's twins, a success opens them. */
  ended(error?: unknown): void;
}

const lanes = {
  twinRead: { burstInSeconds: 1, floor: 1 },
  twinWrite: { burstInSeconds: 1, floor: 1 },
  // The service counts these by the minute.
  identity: { burstInSeconds: 5, floor: 0.1 },
};
/** The quota comes back with the UTC day, or when somebody adds units: that is found out by one call now and then. */
const PROBE_INTERVAL_IN_MS = 60_000;

export function createHubGate({ hub, clock, logger, limits }: HubGateOptions): HubGate {
  const paces = {
    twinRead: createLanePace({ clock, ...lanes.twinRead }),
    twinWrite: createLanePace({ clock, ...lanes.twinWrite }),
    identity: createLanePace({ clock, ...lanes.identity }),
  };
  let closed: { until: number; probeAtInMs: number } | undefined;

  const assertOpen = () => {
    if (!closed) return;
    if (clock.now().getTime() >= closed.until) closed = undefined;
    else if (clock.monotonicInMs() >= closed.probeAtInMs)
      closed.probeAtInMs = clock.monotonicInMs() + PROBE_INTERVAL_IN_MS;
    else throw new AppError('hubQuotaExceeded', "the hub's quota of the day is used up", { retryable: true });
  };
  const limitsNow = async () => (limits && (await limits.isStandby()) ? limits : undefined);

  return {
    async enter({ lane, calls = 1, messages = 0, maxWaitInMs }) {
      const standby = await limitsNow();
      let perSecond = Infinity;
      if (standby) {
        const part = (await standby.instance.parts())[lane === 'identity' ? 'identity' : 'twin'];
        perSecond = standby.budget.perSecond[lane] * standby.throttleShare * part;
        if (messages > 0) {
          assertOpen();
          if (!(await standby.instance.take(messages)))
            throw new AppError('quotaReserved', "the rest of the day's quota is not the mirror's", { retryable: true });
        }
      }
      const turn = await paces[lane].take({ amount: calls, perSecond, maxWaitInMs });
      if (turn.kind === 'now') return standby !== undefined || turn.waited;
      // Nothing was sent: what was taken of the quota is given back.
      standby?.instance.add(-messages);
      const retryAfterInMs = Number.isFinite(turn.waitInMs) ? Math.ceil(turn.waitInMs) : PROBE_INTERVAL_IN_MS;
      throw new AppError('hubThrottled', 'our own pace has no room for this call now', {
        retryable: true,
        retryAfterInMs,
      });
    },
    charge: (messages) => limits?.instance.add(messages),
    refused(lane) {
      const perSecond = Math.round(paces[lane].refused() * 100) / 100;
      logger.event('warn', 'pace.reduced', { hub, lane, perSecond });
    },
    ended(error) {
      if (error === undefined) closed = undefined;
      if (!limits || !isAppError(error, 'hubQuotaExceeded') || closed) return;
      closed = { until: nextDayOf(clock.now()), probeAtInMs: clock.monotonicInMs() + PROBE_INTERVAL_IN_MS };
    },
  };
}
