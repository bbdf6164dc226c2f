import { setTimeout as sleep } from 'node:timers/promises';
import type { HubLimits, LimitClock, ThrottleKind, Tier, TrafficShaping } from '../../contracts.js';
import { HubError } from '../core/errors.js';
import { isUsedUp, messagesFor, useOfToday, type DailyUse } from './daily-quota.js';
import { createThrottle, type Throttle } from './throttle.js';
import { dailyMessagesOf, limitOf, throttleKinds } from './tiers.js';

export interface HubLimitOptions {
  /** Default off. */
  tier?: Tier | undefined;
  /** Default 1. */
  units?: number | undefined;
  /** Default: the tier's. */
  dailyMessages?: number | undefined;
  shaping?: Partial<TrafficShaping> | undefined;
  clock?: LimitClock | undefined;
}

const defaultShaping: TrafficShaping = {
  burstInSeconds: 60,
  maxDelayInMs: 10_000,
  maxQueued: 1000,
  refusal: 'atOnce',
};

const systemLimitClock: LimitClock = {
  now: () => new Date(),
  monotonicInMs: () => performance.now(),
  sleep: (ms) => sleep(ms, undefined, { ref: false }),
};

/** Neither identity operations nor connections are messages ("Azure IoT Hub pricing"). */
const chargedKinds: ReadonlySet<ThrottleKind> = new Set(['twinReads', 'twinWrites', 'd2c', 'queries']);

/** Throttles and daily quota of one hub. */
export function createHubLimits(options: HubLimitOptions = {}): HubLimits {
  const { tier = 'off', units: hubUnits = 1, clock = systemLimitClock } = options;
  const shaping = { ...defaultShaping, ...options.shaping };
  const limit = options.dailyMessages ?? dailyMessagesOf(tier, hubUnits);
  const ofEachKind = <T>(make: (kind: ThrottleKind) => T) =>
    Object.fromEntries(throttleKinds.map((kind) => [kind, make(kind)])) as Record<ThrottleKind, T>;
  const throttles = ofEachKind((kind): Throttle => {
    const limitPerSecond = limitOf(tier, hubUnits, kind);
    return createThrottle(limitPerSecond === undefined ? undefined : { limitPerSecond, shaping }, clock);
  });
  let use: DailyUse = { day: 0, used: 0 };
  let refusedByQuota = 0;
  const today = (): DailyUse => (use = useOfToday(use, clock.now()));
  const spend = (messages: number): void => {
    const { day, used } = today();
    use = { day, used: used + messages };
  };

  const refuseWhenUsedUp = (kind: ThrottleKind): void => {
    if (!chargedKinds.has(kind) || !isUsedUp(today(), limit)) return;
    refusedByQuota += 1;
    throw new HubError('IotHubQuotaExceeded', 'The quota of messages for today is used up');
  };

  return {
    admit: async (kind, units = 1) => {
      refuseWhenUsedUp(kind);
      await throttles[kind].admit(units);
      // Others may have used it up while this one was queued.
      refuseWhenUsedUp(kind);
    },
    charge: (kind, bytes) => {
      if (chargedKinds.has(kind)) spend(messagesFor(bytes));
    },
    spendMessages: spend,
    metrics: () => ({
      atInMs: clock.monotonicInMs(),
      throttles: ofEachKind((kind) => throttles[kind].count()),
      quota: { limit, used: today().used, refused: refusedByQuota },
    }),
  };
}
