import type { ThrottleKind, Tier } from '../../contracts.js';

type Edition = Exclude<Tier, 'off'>;
type Limits = Record<ThrottleKind, (units: number) => number>;

const perMinute = (limit: number) => (units: number) => (limit * units) / 60;
const perSecond = (limit: number) => (units: number) => limit * units;
const perHub = (limit: number) => () => limit;
const atLeast = (least: number, limit: number) => (units: number) => Math.max(least, limit * units);

/** "IoT Hub quotas and throttling": operations a second. */
const limits: Record<Edition, Limits> = {
  S1: {
    identity: perMinute(100),
    twinReads: perHub(100),
    twinWrites: perHub(50),
    connections: atLeast(100, 12),
    d2c: atLeast(100, 12),
    queries: perMinute(20),
  },
  S2: {
    identity: perMinute(100),
    twinReads: atLeast(100, 10),
    twinWrites: atLeast(50, 5),
    connections: perSecond(120),
    d2c: perSecond(120),
    queries: perMinute(20),
  },
  S3: {
    identity: perMinute(5000),
    twinReads: perSecond(500),
    twinWrites: perSecond(250),
    connections: perSecond(6000),
    d2c: perSecond(6000),
    queries: perMinute(1000),
  },
};

/** "Choose the right IoT Hub tier and size": messages of 4 KB a day and unit. */
const messagesPerUnit: Record<Edition, number> = { S1: 400_000, S2: 6_000_000, S3: 300_000_000 };

export const throttleKinds = Object.keys(limits.S1) as ThrottleKind[];

/** In operations a second; undefined: not throttled. */
export const limitOf = (tier: Tier, units: number, kind: ThrottleKind): number | undefined =>
  tier === 'off' ? undefined : limits[tier][kind](units);

/** Undefined: no quota. */
export const dailyMessagesOf = (tier: Tier, units: number): number | undefined =>
  tier === 'off' ? undefined : messagesPerUnit[tier] * units;
