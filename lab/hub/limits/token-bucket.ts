import type { TrafficShaping } from '../../contracts.js';

/** Tokens below zero are a debt: what is queued, and passes as they come in. */
export interface Bucket {
  readonly tokens: number;
  readonly atInMs: number;
}

export interface BucketRule {
  readonly limitPerSecond: number;
  readonly shaping: TrafficShaping;
}

export interface BucketRequest {
  readonly units: number;
  readonly nowInMs: number;
  /** Requests that wait at this moment. */
  readonly queued: number;
}

export type BucketVerdict =
  | { kind: 'pass'; delayInMs: number }
  | { kind: 'refuse'; errorName: 'ThrottlingException' | 'ThrottleBacklogLimitExceeded'; delayInMs: 0 }
  | { kind: 'refuse'; errorName: 'ThrottlingBacklogTimeout'; delayInMs: number };

const sizeOf = ({ limitPerSecond, shaping }: BucketRule): number =>
  Math.max(1, limitPerSecond * shaping.burstInSeconds);

export const fullBucket = (rule: BucketRule, nowInMs: number): Bucket => ({ tokens: sizeOf(rule), atInMs: nowInMs });

/**
 * "Quotas and throttling", traffic shaping: a burst passes at once, then requests are queued and pass at the rate of the limit, and when
 * the queue is full they are refused. What is refused costs nothing.
 */
export function takeFrom(
  bucket: Bucket,
  rule: BucketRule,
  { units, nowInMs, queued }: BucketRequest,
): { bucket: Bucket; verdict: BucketVerdict } {
  const { limitPerSecond, shaping } = rule;
  const size = sizeOf(rule);
  const gained = ((nowInMs - bucket.atInMs) * limitPerSecond) / 1000;
  const filled: Bucket = { tokens: Math.min(size, bucket.tokens + gained), atInMs: nowInMs };
  // A bulk call of more than the whole burst waits for a full bucket, and leaves a debt: otherwise it could never pass.
  const missing = Math.min(units, size) - filled.tokens;
  const taken: Bucket = { tokens: filled.tokens - units, atInMs: nowInMs };
  // Less than a millionth of a unit is a matter of floating point.
  if (missing <= 1e-6) return { bucket: taken, verdict: { kind: 'pass', delayInMs: 0 } };
  const delayInMs = Math.ceil((missing * 1000) / limitPerSecond);
  if (queued >= shaping.maxQueued) {
    return {
      bucket: filled,
      verdict: { kind: 'refuse', errorName: 'ThrottleBacklogLimitExceeded', delayInMs: 0 },
    };
  }
  if (delayInMs <= shaping.maxDelayInMs) return { bucket: taken, verdict: { kind: 'pass', delayInMs } };
  return shaping.refusal === 'atOnce'
    ? { bucket: filled, verdict: { kind: 'refuse', errorName: 'ThrottlingException', delayInMs: 0 } }
    : {
        bucket: filled,
        verdict: { kind: 'refuse', errorName: 'ThrottlingBacklogTimeout', delayInMs: shaping.maxDelayInMs },
      };
}
