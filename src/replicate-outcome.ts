import type { HoldReason } from './direction.js';

/**
 * `done`: the copy equals the source as read. `sourceGone`: the source answers exactly 404001 or 404010 (the deletion rules
 * were applied to the copy). `kept`: the copy stays as it is: it is somebody else's now, or its device is disabled. `sourceAway`, `hold`: on which side it fails now, so that the caller can mark or wait. `refused`: for ever.
 */
export type ReplicateOutcome =
  | { kind: 'done' }
  | { kind: 'sourceGone' }
  | { kind: 'kept'; reason: 'dpsMove' | 'foreign' | 'homeElsewhere' | 'deviceDisabled' }
  | { kind: 'sourceAway'; error: Error }
  | { kind: 'hold'; reason: HoldReason; error?: Error }
  | { kind: 'refused'; error: Error };
