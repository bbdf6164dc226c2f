/** Tokens below zero are promised to callers who wait. */
export interface Bucket {
  readonly tokens: number;
  readonly atInMs: number;
}

export interface Rate {
  perSecond: number;
  /** The most that an idle time saves up. */
  burst: number;
}

export type Reservation =
  | { kind: 'granted'; bucket: Bucket; waitInMs: number }
  /** Nothing was taken; after `waitInMs` it would be granted at once. Infinity where the rate is zero. */
  | { kind: 'refused'; bucket: Bucket; waitInMs: number };

/** Rates may change between calls; time that runs backwards fills nothing. */
export function reserve(
  bucket: Bucket,
  rate: Rate,
  options: { amount: number; nowInMs: number; maxWaitInMs: number },
): Reservation {
  const { amount, nowInMs, maxWaitInMs } = options;
  const elapsedInMs = Math.max(0, nowInMs - bucket.atInMs);
  const filled: Bucket = {
    tokens: Math.min(rate.burst, bucket.tokens + (elapsedInMs * rate.perSecond) / 1000),
    atInMs: Math.max(nowInMs, bucket.atInMs),
  };
  const left = filled.tokens - amount;
  const waitInMs = left >= 0 ? 0 : rate.perSecond > 0 ? (-left * 1000) / rate.perSecond : Infinity;
  return waitInMs <= maxWaitInMs
    ? { kind: 'granted', bucket: { ...filled, tokens: left }, waitInMs }
    : { kind: 'refused', bucket: filled, waitInMs };
}
