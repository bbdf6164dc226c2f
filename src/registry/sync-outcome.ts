import type { HoldReason } from '../direction.js';
import type { AppError } from '../errors.js';
import type { PlanNothingReason } from './plan-identity.js';
import type { KeepReason } from './ports.js';

/** What became of one identity. Expected failures are outcomes; only defects reject. */
export type SyncOutcome =
  | { kind: 'done'; did: SyncAction }
  | { kind: 'nothing'; reason: NothingReason }
  | { kind: 'notNow'; reason: NotNowReason; side: Side; error?: AppError }
  | { kind: 'refused'; side: Side; error: AppError };

export type SyncAction = 'created' | 'updated' | 'recreated' | 'unchanged' | 'disabled' | 'deleted';

export type NothingReason =
  | PlanNothingReason
  | KeepReason
  | 'deviceDisabled' // a module of a disabled device: it can be neither read nor used, and comes with the device when that is enabled
  | 'sourceIsStandby'
  | 'invalidId' // of a device or module that no call can name
  | 'systemModule'; // $edgeAgent and $edgeHub come with their device and cannot be written (401100)

export type NotNowReason =
  | HoldReason
  | 'sourceAway' // whatever keeps us from reading the source
  | 'breakerOpen' // too much would be taken away, or the source was rolled back: a person closes the breaker
  | 'deletionNotTold' // the source lacks it, and no event has said so: a lost event, or a hub that was rolled back
  | 'sourceDoubtful' // it says that this identity is gone, and knows none of the others either
  | 'slow' // the caller could not wait for its end
  | 'contended' // somebody wrote in between, again and again
  | 'homeElsewhere' // the device reports on the target itself: the source's may be older
  | 'reportedNotWritten'; // all but the reported properties is copied

/** Who stands in the way. `reported`: the connection as the device itself. */
export type Side = 'source' | 'target' | 'storage' | 'reported' | 'direction';
