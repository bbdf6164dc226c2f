import type { HoldReason } from '../direction.js';
import { AppError } from '../errors.js';
import type { HubRole, IdentityKey } from '../hub-model.js';
import type { PutBackOptions } from './put-back.js';
import type { ReplicateOutcome } from '../replicate-outcome.js';
import { retryDelayInMs } from './retry-delay.js';
import type { SyncIdentity } from './sync-identity.js';
import { toMarkedMessage } from './sync-run.js';
import type { NothingReason, SyncOutcome } from './sync-outcome.js';

/** The copy that the target holds, as recorded. Whatever the source did before `begunAt` was done to what was copied, or to an older life. */
interface CopyMark {
  generationId: string;
  begunAt: Date;
  /** It is somebody else's now, who lives there. */
  isMoved?: true;
  /** Of the copy's identity after our last write of it; absent while that is not certain. */
  identityEtag?: string;
  /** Of the source's twin that was last copied, when, and the ETag of the copy's twin after that; absent while the copy is not complete. */
  state?: { version: number; at: Date; etag?: string };
}

/** What the twin room needs of this one. */
export interface Replicate {
  /** By the source's state read now; never rejects but for defects and storage. */
  replicateIdentity(source: HubRole, key: IdentityKey, isDeleteTold?: boolean): Promise<ReplicateOutcome>;
  /** `undefined`: there is no record of a copy. Rejects with storageUnavailable. */
  copyOf(source: HubRole, key: IdentityKey): Promise<CopyMark | undefined>;
  /** Marks first, then queues the repair; both or it rejects with storageUnavailable. */
  markDirty(source: HubRole, key: IdentityKey, reason: string): Promise<void>;
}

export const createReplicate = (
  options: Omit<PutBackOptions, 'logger'> & { syncIdentity: SyncIdentity },
): Replicate => {
  const markDirty: Replicate['markDirty'] = async (source, key, reason) => {
    const now = options.clock.now();
    const delayInMs = retryDelayInMs({ attempt: 1, pace: 'quick', random: options.random });
    // A process that ends between the two leaves a mark without a message: the sweep finds it overdue (sweep-marks.ts).
    await options.ledger.markDirty(source, key, reason, now, new Date(now.getTime() + delayInMs));
    await options.queue.enqueue(toMarkedMessage(options.hubNames[source], key), delayInMs);
  };
  return {
    markDirty,
    copyOf: async (source, key) => {
      const row = await options.ledger.read(source, key);
      if (row === undefined) return undefined;
      const { state, copiedAt: begunAt, sourceVersion: version, stateAt: at = begunAt, copyEtag: etag } = row;
      return {
        generationId: state === 'creating' ? '' : row.targetGenerationId,
        begunAt,
        ...(row.kept === 'dpsMove' && { isMoved: true as const }),
        ...(state === 'copied' && row.writing === undefined && row.targetEtag && { identityEtag: row.targetEtag }),
        ...(state === 'copied' &&
          version !== undefined && { state: { version, at, ...(etag !== undefined && { etag }) } }),
      };
    },
    replicateIdentity: async (source, key, isDeleteTold = false) => {
      const outcome = await options.syncIdentity(source, key, isDeleteTold ? 'deleteTold' : 'hint');
      if ('side' in outcome && outcome.side === 'reported') {
        // Identity, tags and desired are there: the partition need not wait for a connection as the device.
        const isElsewhere = outcome.kind === 'notNow' && outcome.reason === 'homeElsewhere';
        await markDirty(source, key, isElsewhere ? 'homeElsewhere' : 'reportedNotWritten');
        return { kind: 'done' };
      }
      return toReplicateOutcome(outcome);
    },
  };
};

const nothings: Record<NothingReason, ReplicateOutcome> = {
  sourceGone: { kind: 'sourceGone' },
  noLedgerEvidence: { kind: 'sourceGone' },
  deviceDisabled: { kind: 'kept', reason: 'deviceDisabled' },
  dpsMove: { kind: 'kept', reason: 'dpsMove' },
  foreign: { kind: 'kept', reason: 'foreign' },
  homeElsewhere: { kind: 'kept', reason: 'homeElsewhere' },
  graceRunning: { kind: 'sourceGone' },
  copyUnderWay: { kind: 'sourceGone' },
  systemModule: { kind: 'done' },
  invalidId: { kind: 'done' },
  // The direction changed under the caller's feet: it asks again, and skips.
  sourceIsStandby: { kind: 'hold', reason: 'stateStale' },
};

const toReplicateOutcome = (outcome: SyncOutcome): ReplicateOutcome => {
  if (outcome.kind === 'done') {
    return { kind: outcome.did === 'disabled' || outcome.did === 'deleted' ? 'sourceGone' : 'done' };
  }
  if (outcome.kind === 'nothing') return nothings[outcome.reason];
  if (outcome.kind === 'refused') return { kind: 'refused', error: outcome.error };
  const { reason, error } = outcome;
  if (!isHold(reason)) return { kind: 'sourceAway', error: error ?? contended() };
  return { kind: 'hold', reason, ...(error !== undefined && { error }) };
};

/** All others are this identity's own trouble: it is marked and the partition goes on. */
const isHold = (reason: Extract<SyncOutcome, { kind: 'notNow' }>['reason']): reason is HoldReason =>
  reason !== 'sourceAway' &&
  reason !== 'breakerOpen' &&
  reason !== 'sourceDoubtful' &&
  reason !== 'deletionNotTold' &&
  reason !== 'contended' &&
  reason !== 'slow' &&
  reason !== 'reportedNotWritten';

const contended = () =>
  new AppError('preconditionFailed', 'The identity changed each time it was read.', { retryable: true });
