import type { ReportedOutcome } from '../reported-outcome.js';
import type { BreakerState } from './breaker.js';
import type { HubRole, Identity, IdentityContent, IdentityKey, JsonObject, Twin, TwinPatch } from '../hub-model.js';

/** Identities and twins of one hub. Every call has a deadline, is retried where that can help, and ends in an AppError. */
export interface RegistryHubPort {
  /** `undefined` only where the service said exactly DeviceNotFound (404001) or ModuleNotFound (404010). Includes the keys. */
  getIdentity(key: IdentityKey): Promise<Identity | undefined>;
  /** Rejects with alreadyExists. A module of a missing device: deviceNotFound. */
  createIdentity(content: IdentityContent): Promise<Identity>;
  /** Conditional: rejects with preconditionFailed. */
  updateIdentity(content: IdentityContent, etag: string): Promise<Identity>;
  /** Conditional: rejects with preconditionFailed; an identity that is already gone resolves. */
  deleteIdentity(key: IdentityKey, etag: string): Promise<void>;
  listModules(deviceId: string): Promise<Identity[]>;
  getTwin(key: IdentityKey): Promise<Twin | undefined>;
  patchTwin(key: IdentityKey, patch: TwinPatch, etag: string): Promise<Twin>;
}

/** Reported properties by state: a merge patch that makes the copy's reported equal. Absent when REPORTED_STRATEGY=off. */
export interface ReportedWriter {
  /** As in the twin room's port. */
  patchReported(
    hub: HubRole,
    key: IdentityKey,
    patch: JsonObject,
    options?: { byState?: boolean },
  ): Promise<ReportedOutcome>;
  /** This process is connected as the identity now. Absent: never. */
  isOurConnection?(hub: HubRole, key: IdentityKey): boolean;
}

/** The table of copied identities and of dirty marks. Rejects with storageUnavailable or storageConflict. */
export interface LedgerPort {
  read(source: HubRole, key: IdentityKey): Promise<LedgerEntry | undefined>;
  /** Writes conditionally: `entry.etag` undefined inserts (storageConflict when there is one), else it must match. */
  write(source: HubRole, entry: LedgerEntry): Promise<LedgerEntry>;

  readDirty(source: HubRole, key: IdentityKey): Promise<DirtyMark | undefined>;
  /**
   * Sets or renews the mark; each call gives it a new token, so that a repair under way cannot clear it. `dueAt`: when its message
   * should have been worked off.
   */
  markDirty(source: HubRole, key: IdentityKey, reason: string, at: Date, dueAt: Date): Promise<void>;
  /** Its message was put back until `dueAt`. Resolves without a change where there is no mark, or it was renewed meanwhile. */
  postponeDirty(source: HubRole, key: IdentityKey, dueAt: Date): Promise<void>;
  /** Marks of `source` that were due before `before`, at most `limit`. */
  listOverdue(source: HubRole, before: Date, limit: number): Promise<DirtyMark[]>;
  /** Clears the mark unless it was renewed since it was read. Resolves false when it was. */
  clearDirty(source: HubRole, mark: DirtyMark): Promise<boolean>;
  countDirty(): Promise<number>;
  /** Keys of `pendingDelete` rows whose `deleteAfter` was before `before`, at most `limit`. */
  listPendingDeletes(source: HubRole, before: Date, limit: number): Promise<IdentityKey[]>;

  /** Identities that `source` lacks though nobody told of their deletion (`missingSince`), counted up to `limit`. */
  countMissing(source: HubRole, limit: number): Promise<number>;
  /**
   * Deletes rows of `source` that are tombstones and were last written before `before`, at most `limit`. Resolves with their number. A row
   * that is written meanwhile stays.
   */
  purgeTombstones(source: HubRole, before: Date, limit: number): Promise<number>;
  /** Devices other than `key` that the ledger calls copied, at most `limit`: those beside it. */
  others(source: HubRole, key: IdentityKey, limit: number): Promise<IdentityKey[]>;
  readonly kept: KeptPort;
  readonly breaker: BreakerPort;
}

/** What was taken away lately, in a row for each direction. Rejects with storageUnavailable. */
export interface BreakerPort {
  read(source: HubRole): Promise<BreakerRow | undefined>;
  /** Conditional as `write` of the ledger. Rejects with storageConflict. */
  write(source: HubRole, row: BreakerRow): Promise<void>;
  /** How many identities the ledger calls copied. */
  countKnown(source: HubRole): Promise<number>;
}
export interface BreakerRow extends BreakerState {
  etag?: string;
}

/** Why a copy is neither brought up nor taken away. */
export const keepReasons = [
  'dpsMove', // somebody else wrote it after us, and the source is gone or a device is connected there
  'foreign', // somebody else wrote it after us
  'homeElsewhere', // a device is connected there: its access is not taken
  'noLedgerEvidence', // its source is gone, and the ledger does not know that we made it
] as const;
export type KeepReason = (typeof keepReasons)[number];

/** A copy that a person has to know of. */
export interface KeptCopy {
  /** The hub that it is a copy of. */
  source: HubRole;
  key: IdentityKey;
  reason: KeepReason;
  since: Date;
}

/** The list of kept copies. Rejects with storageUnavailable. */
export interface KeptPort {
  /** Adds one, or renews its reason. */
  keep(source: HubRole, key: IdentityKey, reason: KeepReason, at: Date): Promise<void>;
  /** Takes it off the list, if it is there. */
  release(source: HubRole, key: IdentityKey): Promise<void>;
  /** How many by reason, and the first of them. */
  list(): Promise<{ counts: Record<string, number>; first: KeptCopy[] }>;
}

export const ledgerStates = ['creating', 'copied', 'pendingDelete', 'tombstone'] as const;

export interface LedgerEntry {
  key: IdentityKey;
  /**
   * `creating` is written BEFORE the copy is made: a create whose answer is lost (timeout, killed process) would else leave a
   * copy for which there is no evidence, and which a later delete on the source could never remove.
   */
  state: (typeof ledgerStates)[number];
  /** The source's generationId that the copy stands for. */
  sourceGenerationId: string;
  /**
   * The copy's own generationId on the target: evidence that what is there is still ours. While `creating` it is the copy of
   * an older life that must go first, or empty when there was none.
   */
  targetGenerationId: string;
  /**
   * The copy identity's ETag after our last write of it. Another one there: somebody else wrote the copy since, and owns it. Absent
   * in rows of older versions.
   */
  targetEtag?: string;
  /**
   * `copied` only: the source identity's ETag as it was copied. After a failover it tells whether anybody has written the former source
   * since. Absent in rows of older versions.
   */
  sourceEtag?: string;
  /**
   * Set before an identity is written and gone afterwards: a mark of the content that is under way. A write
   * whose answer was lost is known for ours by it.
   */
  writing?: string;
  /** While `creating`: when the copy was begun. Else when it was complete; later changes of the source don't move it. */
  copiedAt: Date;
  /** `copied` only: the version of the source's twin that the copy was last brought up to by state. */
  sourceVersion?: number;
  /** `copied` only: when that was. */
  stateAt?: Date;
  /** `copied` only: the ETag of the copy's twin after that. While the copy shows it, the copy holds what was copied. */
  copyEtag?: string;
  /** The copy is kept as it is, and told in health, since the last look at it. */
  kept?: KeepReason;
  /** When the source was first seen without the identity, while nobody had said that it was deleted. */
  missingSince?: Date;
  /** `kept` only: when a message is to have it looked at again. */
  lookAt?: Date;
  /** pendingDelete only: not deleted before. */
  deleteAfter?: Date;
  etag?: string;
}

/** A mark's reason: the source hub itself said that the identity was deleted. */
export const deletedMark = 'deleted';

export interface DirtyMark {
  key: IdentityKey;
  reason: string;
  since: Date;
  token: string;
  /** Absent in marks of older releases. */
  dueAt?: Date;
}

/** Queue `registry-retry`. No expiry. Rejects with storageUnavailable. */
export interface RetryQueuePort {
  enqueue(message: RetryMessage, delayInMs: number): Promise<void>;
  count(): Promise<number>;
  countPoison(): Promise<number>;
}
/** `hubName` is the SOURCE hub: the one whose state is read. */
export interface RetryMessage {
  hubName: string;
  deviceId: string;
  moduleId?: string;
  attempt: number;
  /** Set when this message was sent with a dirty mark: once that is cleared there is nothing left to do. */
  marked?: true;
  /** Set when the source hub said that the identity was deleted. */
  deleteTold?: true;
  /** Set when this message was put back until its turn came: it need not wait for another (REPAIR_PER_MINUTE). */
  turn?: true;
}

/** Original bytes kept because nothing can be done with them. Rejects with storageUnavailable. */
export interface ParkPort {
  park(item: ParkedItem): Promise<void>;
}
export interface ParkedItem {
  source: 'event-grid' | 'registry-retry';
  /** The event's own id made safe for a blob name; `none` when it has none. */
  sequence: string;
  reason: ParkReason;
  body: Uint8Array;
}
export type ParkReason = 'notJson' | 'wrongShape' | 'invalidId' | 'unexpectedHub'; // a retry message that names no hub of ours

/** Skips of this instance, for health. */
export interface SkipCounter {
  skipped(reason: string): void;
}

/** Numbers in [0, 1) for jitter. */
export type Random = () => number;
