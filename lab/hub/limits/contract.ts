/** IoT Hub editions. `off`: no throttle at all. */
export type Tier = 'S1' | 'S2' | 'S3' | 'off';
/** "IoT Hub quotas and throttling": operations that are throttled each for themselves. */
export type ThrottleKind = 'identity' | 'twinReads' | 'twinWrites' | 'connections' | 'd2c' | 'queries';

/** What the service's documents leave open about traffic shaping ("for the first minute or two"). */
export interface TrafficShaping {
  /** How much of its limit an idle hub saves up, in seconds. Default 60. */
  burstInSeconds: number;
  /** How long a request is queued at most. Default 10,000. */
  maxDelayInMs: number;
  /** How many requests of a kind are queued at most: more get 429002. Default 1,000. */
  maxQueued: number;
  /** A request that the queue has no room for in time: 429001 at once (default), or 429003 after `maxDelayInMs` in the queue. */
  refusal: 'atOnce' | 'afterWaiting';
}

/** Time as limits see it: `now` decides on the day of the quota (UTC), the others on throttles. */
export interface LimitClock {
  now(): Date;
  monotonicInMs(): number;
  sleep(ms: number): Promise<void>;
}

export interface ThrottleCount {
  /** Undefined: not throttled. */
  limitPerSecond: number | undefined;
  /** Calls that were asked about; `delayed` and `refused` (429) are among them. */
  calls: number;
  delayed: number;
  refused: number;
  /** What passed, in the unit of the limit: a bulk call of 50 devices is 50. */
  passedUnits: number;
}

export interface LimitMetrics {
  /** Monotonic: for differences only. */
  atInMs: number;
  throttles: Record<ThrottleKind, ThrottleCount>;
  /** Messages of the day. `limit` undefined: no quota. `refused`: calls answered 403002, since the start. */
  quota: { limit: number | undefined; used: number; refused: number };
}

/** The limits of one hub. */
export interface HubLimits {
  /** One operation before it is done: waits as traffic shaping asks. `units` default 1. Throws 429001, 429002, 429003 or 403002. */
  admit(kind: ThrottleKind, units?: number): Promise<void>;
  /** Counts the messages of an operation by its size: every 4 KB begun is one. Identity operations and connections are free. */
  charge(kind: ThrottleKind, bytes: number): void;
  /** Others' consumption, for tests: so many messages of today's quota are gone. */
  spendMessages(count: number): void;
  metrics(): LimitMetrics;
}
