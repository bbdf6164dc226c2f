import type { HubRole } from './hub-model.js';

/**
 * May changes of `source` be written to the other hub now? Asked before EACH write: the answer is only as good as the
 * routing document it comes from, which must be younger than STATE_MAX_AGE_MS.
 */
export interface DirectionPort {
  /** `apply`: write. `skip`: this hub's changes are not mirrored now (echo). `hold`: cannot tell, or paused. */
  decide(source: HubRole): Promise<DirectionVerdict>;
}
export type DirectionVerdict =
  { kind: 'apply' } | { kind: 'skip'; reason: 'sourceIsStandby' } | { kind: 'hold'; reason: HoldReason };
export type HoldReason =
  | 'stateStale' // no routing document younger than STATE_MAX_AGE_MS
  | 'paused' // the document says so
  | 'draining' // device failover under way; not built in this version
  | 'stoodStill' // this process did not run for a while and may have lost its partitions
  | 'partitionElsewhere' // another instance works on this partition, or has taken it over
  | 'targetAway' // unreachable, busy, timed out, failing over
  | 'targetThrottled'
  | 'targetQuotaExceeded'
  | 'quotaReserved' // what is left of the target's daily quota is not the mirror's
  | 'targetUnauthorized'
  | 'tierNotSupported' // a Basic or Free hub: it has no twins or modules
  | 'storageAway'; // ledger, queue or parking cannot be written
