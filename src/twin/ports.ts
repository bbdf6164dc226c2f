import type { ReportedOutcome } from '../reported-outcome.js';
import type { ReplicateOutcome } from '../replicate-outcome.js';
import type { HoldReason } from '../direction.js';
import type { HubRole, IdentityKey, JsonObject, Twin, TwinPatch } from '../hub-model.js';

/** Twins of one hub. Every call has a deadline and ends in an AppError. */
export interface TwinHubPort {
  /** `undefined` only where the service said exactly DeviceNotFound (404001) or ModuleNotFound (404010). */
  getTwin(key: IdentityKey): Promise<Twin | undefined>;
  /** Merge-patches tags and desired in one call. `etag` defaults to `*`. Rejects with preconditionFailed, deviceNotFound, moduleNotFound, requestRefused, ... */
  patchTwin(key: IdentityKey, patch: TwinPatch, etag?: string): Promise<Twin>;
}

/** What the twin room needs of the registry room. */
export interface ReplicatePort {
  /**
   * Brings the copy on the other hub up from the source's state read now: identity, tags, desired (and reported where the
   * strategy allows). Rejects with an AppError when it can't; `retryable` tells which side of hold and refuse it is on.
   * `isDeleteTold`: the source's stream said that it was deleted.
   */
  replicateIdentity(source: HubRole, key: IdentityKey, isDeleteTold?: boolean): Promise<ReplicateOutcome>;
  /** Since when the target holds a copy; `undefined`: there is no record of one. Rejects with storageUnavailable. */
  copyOf(source: HubRole, key: IdentityKey): Promise<CopyMark | undefined>;
  /** Records that this id must be repaired by state and queues the repair. Rejects with storageUnavailable. */
  markDirty(source: HubRole, key: IdentityKey, reason: DirtyReason): Promise<void>;
}
export interface CopyMark {
  /** The copy's own generationId; empty while it is being made. Twin ETags count from the start in each life. */
  generationId: string;
  /** By this process's clock: never before the copy's source began its life. */
  begunAt: Date;
  /** It is somebody else's now, who lives there: nothing is written to it. */
  isMoved?: true;
  /** Of the copy's identity after our last write of it; absent while that is not certain. */
  identityEtag?: string;
  /** The last copy by state; absent while the copy is not complete. */
  state?: CopiedState;
}
/** Which state of the source's twin was copied, when by this process's clock, and the ETag that the copy's twin had then. */
export interface CopiedState {
  version: number;
  at: Date;
  /** Absent in rows of older releases. */
  etag?: string;
}
export type DirtyReason =
  | 'lifecycle' // a device was created on the source, seen in the twin stream
  | 'deleted' // or deleted
  | 'sourceUnreadable'
  | 'holdLimit'
  | 'refusedByTarget'
  | 'reportedNotWritten'
  | 'homeElsewhere' // its device lives on the target: what that reports is newer than ours
  | 'unreadable' // an event of it was parked: nobody knows what it would have changed
  | 'outOfOrder' // an older change came after a newer one
  | 'defect'; // our own code failed on this identity: state repairs what the events could not

/** Writes reported properties to a hub as the device itself. */
export interface ReportedPort {
  /**
   * Rejects with an AppError. `byState`: the patch's nulls stand for what the source does not have, and are left out where somebody else
   * may have reported it (`writtenInPart`).
   */
  patchReported(
    hub: HubRole,
    key: IdentityKey,
    patch: JsonObject,
    options?: { byState?: boolean },
  ): Promise<ReportedOutcome>;
}

/** Original bytes kept because nothing can be done with them. */
export interface ParkPort {
  park(item: ParkedItem): Promise<void>;
}
export interface ParkedItem {
  /** Where it came from, a blob-name segment: an Event Hub name with its partition, `event-grid`, `registry-retry`. */
  source: string;
  /** Sequence number, or any id that orders items of one source. */
  sequence: string;
  reason: ParkReason;
  body: Uint8Array;
  /** Application properties worth keeping; no secrets. */
  properties?: Record<string, string>;
}
export type ParkReason =
  | 'notJson'
  | 'wrongShape'
  | 'unknownOpType'
  | 'unknownSource' // iothub-message-source is none that the service is known to have
  | 'unexpectedHub' // an event of another hub than this function's source
  | 'invalidId'
  | 'refusedByTarget';

/** How far a partition was worked off, and by whom. One row for each namespace, event hub, consumer group and partition. */
export interface PositionPort {
  /** Rejects with storageUnavailable. */
  read(partition: string): Promise<PartitionRow | undefined>;
  /** Conditional: without `etag` it inserts, else it must match. Rejects with storageConflict or storageUnavailable. */
  write(partition: string, row: PartitionRow): Promise<PartitionRow>;
}
export interface PartitionRow {
  /** The instance that wrote the row. */
  owner: string;
  /** It has a batch under way, and renews the row meanwhile. */
  isBusy: boolean;
  /** Absent: nothing yet. */
  reached?: Reached | undefined;
  etag?: string;
}
/** All events of a partition from one to another, both included, which were applied, skipped, parked or left to repair. */
export interface Reached {
  /** Sequence numbers: 64 bits, hence text. */
  from: string;
  to: string;
  /** The latest time at which one of them was enqueued. */
  enqueuedAt: Date;
}

/** Counters of this instance; read by health. */
export interface TwinCounters {
  applied(n: number): void;
  coalesced(n: number): void;
  skipped(reason: SkipReason, n?: number): void;
  lag(inMs: number): void;
  /** A partition waits; `undefined`: it goes on. */
  held(partition: string, hold: { reason: HoldReason; oldest: Date } | undefined): void;
}
export type SkipReason =
  | 'sourceIsStandby'
  | 'sourceGone'
  | 'deviceDisabled' // a module that cannot be copied while its device is disabled
  | 'dpsMove' // the copy was written by somebody else since, and whoever it is lives there
  | 'foreign' // the copy was written by somebody else since
  | 'homeElsewhere' // the device is connected on the target
  | 'reportedOff' // REPORTED_STRATEGY=off
  | 'notWritable' // reported of a device that we cannot speak for
  | 'coveredByState' // part of what was copied by state since, or followed by a create or delete, which is worked off so
  | 'nothingToDo' // a patch with no tags, desired or reported
  | 'alreadyApplied' // delivered again: its partition was worked off beyond it
  | 'duplicate' // the same change once more: the route delivers at least once
  | 'systemModule' // $edgeAgent and $edgeHub come with their device
  // Messages of other sources, which a route into the same event hub rightly brings:
  | 'telemetry'
  | 'digitalTwinChange'
  | 'connectionState'
  | 'jobLifecycle'
  | 'mqttBroker'
  | 'defect'; // given up after an error of our own and marked dirty

/** One event of the batch as the trigger hands it over: nothing is interpreted yet. */
export interface RawTwinEvent {
  body: Uint8Array;
  /** Application properties (`hubName`, `deviceId`, `moduleId`, `opType`, `operationTimestamp`), names as the host gives them. */
  properties: Record<string, unknown>;
  /** Annotations (`iothub-connection-device-id`, `iothub-message-source`, ...). */
  systemProperties: Record<string, unknown>;
  sequenceNumber: string;
  enqueuedAt: Date | undefined;
}
