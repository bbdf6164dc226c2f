import type { Clock } from '../clock.js';
import { reserve, type Bucket } from './token-bucket.js';

/** The turn of the next repair: milliseconds to wait, 0 for at once. Each call takes a turn. A minute's worth is saved up. */
export function createRepairPace(perMinute: number, clock: Clock): () => number {
  const rate = { perSecond: perMinute / 60, burst: perMinute };
  let bucket: Bucket = { tokens: perMinute, atInMs: clock.monotonicInMs() };
  return () => {
    const nowInMs = clock.monotonicInMs();
    const reservation = reserve(bucket, rate, { amount: 1, nowInMs, maxWaitInMs: Infinity });
    bucket = reservation.bucket;
    return reservation.waitInMs;
  };
}
