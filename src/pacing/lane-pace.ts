import type { Clock } from '../clock.js';
import { afterRefusal, ease, unlimited } from './adaptive.js';
import { reserve, type Bucket } from './token-bucket.js';

export interface LanePaceOptions {
  clock: Clock;
  /** How much of an idle time is saved up, in seconds of the rate. */
  burstInSeconds: number;
  /** Calls per second that are never refused for long. */
  floor: number;
}

/** `later`: nothing was taken. */
type Turn = { kind: 'now'; waited: boolean } | { kind: 'later'; waitInMs: number };

export interface LanePace {
  /** Resolves when it is the caller's turn, or at once with `later` when that is further away than `maxWaitInMs`. */
  take(options: { amount: number; perSecond: number; maxWaitInMs: number }): Promise<Turn>;
  /** The hub answered 429. The new limit in calls per second. */
  refused(): number;
}

/** The pace of one kind of call. With `perSecond` Infinity nobody waits until the hub refuses something. */
export function createLanePace({ clock, burstInSeconds, floor }: LanePaceOptions): LanePace {
  let bucket: Bucket | undefined;
  let adaptive = unlimited;
  let seconds = { since: -Infinity, count: 0, before: 0 };

  const count = (nowInMs: number, amount: number) => {
    const age = nowInMs - seconds.since;
    if (age >= 2000) seconds = { since: nowInMs, count: amount, before: 0 };
    else if (age >= 1000) seconds = { since: seconds.since + 1000, count: amount, before: seconds.count };
    else seconds = { ...seconds, count: seconds.count + amount };
  };

  return {
    async take({ amount, perSecond, maxWaitInMs }) {
      const nowInMs = clock.monotonicInMs();
      adaptive = ease(adaptive, nowInMs);
      const pace = Math.min(perSecond, adaptive.limit);
      if (pace === Infinity) {
        bucket = undefined;
        count(nowInMs, amount);
        return { kind: 'now', waited: false };
      }
      const burst = Math.max(1, pace * burstInSeconds);
      const now = bucket ?? { tokens: burst, atInMs: nowInMs };
      const reservation = reserve(now, { perSecond: pace, burst }, { amount, nowInMs, maxWaitInMs });
      bucket = reservation.bucket;
      if (reservation.kind === 'refused') return { kind: 'later', waitInMs: reservation.waitInMs };
      count(nowInMs, amount);
      const waited = reservation.waitInMs > 0;
      if (waited) await clock.sleep(reservation.waitInMs);
      return { kind: 'now', waited };
    },
    refused() {
      const nowInMs = clock.monotonicInMs();
      const pace = Math.max(seconds.count, seconds.before);
      adaptive = afterRefusal(adaptive, { nowInMs, pace, floor });
      // What was saved up is gone: the hub has just said that there is no room.
      bucket = { tokens: Math.min(bucket?.tokens ?? 0, 0), atInMs: nowInMs };
      return adaptive.limit;
    },
  };
}
