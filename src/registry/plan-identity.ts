import type { Authentication, Identity, IdentityContent } from '../hub-model.js';
import { lastWriterOf } from './copy-writer.js';
import { contentOf, hidesItsKeys, sameAccess, sameContent, updateOf } from './identity-content.js';
import type { KeepReason, LedgerEntry } from './ports.js';

export interface IdentitySnapshot {
  /** `undefined` only where the source answered exactly 404001 or 404010 just now. */
  source: Identity | undefined;
  target: Identity | undefined;
  ledger: LedgerEntry | undefined;
  now: Date;
  /** How long a copy stays disabled before it is deleted, in milliseconds; 0 deletes at once. */
  graceInMs: number;
  /** Somebody is connected on the target as this identity, or as one of its modules. */
  isHome: boolean;
  /** Connections may be our own, of another instance: that somebody was connected once proves nothing. */
  mayBeUs: boolean;
  /** A person asked for this very identity: a copy that somebody else wrote is brought up all the same. */
  isAsked?: boolean;
  /** A person gives the copy up though the ledger does not know it. */
  isConfirmed?: boolean;
  /** Authentication that nobody holds. Modules have no status: with it a deleted one loses its access. */
  unusable: Authentication;
}

export type IdentityPlan =
  | { kind: 'create'; source: Identity; content: IdentityContent }
  | { kind: 'update'; source: Identity; content: IdentityContent; etag: string }
  /** The target holds the copy of an older life: delete it, then create, so that its reported and modules go with it. */
  | { kind: 'recreate'; source: Identity; content: IdentityContent; old: Identity }
  | { kind: 'unchanged'; source: Identity; target: Identity }
  /** `content` is absent where there is nothing to write: the copy may be disabled already. */
  | { kind: 'disable'; ledger: LedgerEntry; deleteAfter: Date; etag: string; content?: IdentityContent }
  | { kind: 'delete'; ledger: LedgerEntry; etag: string }
  | { kind: 'forget'; ledger: LedgerEntry }
  /** The copy stays as it is, and a person is told. */
  | { kind: 'keep'; reason: KeepReason; ledger: LedgerEntry | undefined }
  | { kind: 'refuse'; reason: 'keysNotReadable' }
  | { kind: 'nothing'; reason: PlanNothingReason; lookAgainAt?: Date };

export type PlanNothingReason =
  | 'sourceGone' // neither hub has it
  | 'graceRunning' // deleted on the source, disabled on the target, to be deleted at `lookAgainAt`
  | 'copyUnderWay'; // a create whose outcome is unknown may still appear on the target

/** Longer than any call to a hub may last: after that, a create that was begun has ended one way or the other. */
export const createSettlesInMs = 5 * 60_000;

/** A deletion that comes so much later than it was due begins anew. */
const LATE_IN_MS = 24 * 3_600_000;

const pendingDeleteStatusReason = 'Deleted on the other hub; waiting to be deleted here.';

/** The one decision about an identity and its copy: pure, and the same whichever hint led to it. */
export const planIdentity = (snapshot: IdentitySnapshot): IdentityPlan => {
  const { source, target } = snapshot;
  if (source !== undefined) return planCopy(source, snapshot);
  return target === undefined ? planAbsent(snapshot) : planRemoval(target, snapshot);
};

const planCopy = (source: Identity, snapshot: IdentitySnapshot): IdentityPlan => {
  const { target, ledger, isHome } = snapshot;
  if (hidesItsKeys(source)) return { kind: 'refuse', reason: 'keysNotReadable' };
  if (target === undefined) return { kind: 'create', source, content: contentOf(source) };
  if (lastWriterOf(target, ledger) === 'others' && !snapshot.isAsked)
    return { kind: 'keep', reason: isHome ? 'dpsMove' : 'foreign', ledger };
  if (ledger !== undefined && isOfOlderLife(source, target, ledger)) {
    if (isHome) return { kind: 'keep', reason: 'homeElsewhere', ledger };
    return { kind: 'recreate', source, content: contentOf(source), old: target };
  }
  if (sameContent(source, target)) return { kind: 'unchanged', source, target };
  const content = updateOf(source, target);
  if (isHome && !sameAccess(content, target)) return { kind: 'keep', reason: 'homeElsewhere', ledger };
  return { kind: 'update', source, content, etag: target.etag };
};

const isOfOlderLife = (source: Identity, target: Identity, ledger: LedgerEntry): boolean => {
  const anotherLife = ledger.sourceGenerationId !== source.generationId;
  const recorded = ledger.targetGenerationId === target.generationId;
  return ledger.state === 'creating' ? anotherLife || recorded : anotherLife && recorded;
};

const planAbsent = ({ ledger, now }: IdentitySnapshot): IdentityPlan => {
  if (ledger === undefined || ledger.state === 'tombstone') return { kind: 'nothing', reason: 'sourceGone' };
  if (ledger.state === 'creating') {
    const settlesAt = new Date(ledger.copiedAt.getTime() + createSettlesInMs);
    if (now < settlesAt) return { kind: 'nothing', reason: 'copyUnderWay', lookAgainAt: settlesAt };
  }
  return { kind: 'forget', ledger };
};

const planRemoval = (target: Identity, snapshot: IdentitySnapshot): IdentityPlan => {
  const { now, graceInMs, unusable } = snapshot;
  const row = snapshot.ledger ?? (snapshot.isConfirmed ? givenUp(target, now) : undefined);
  if (row === undefined) return { kind: 'keep', reason: 'noLedgerEvidence', ledger: undefined };
  const reason = reasonToKeep(target, row, snapshot);
  if (reason !== undefined) return { kind: 'keep', reason, ledger: row };
  // While `creating` the row does not know yet what was made; from here on it is this one and no other.
  const ledger = { ...row, targetGenerationId: target.generationId, targetEtag: target.etag };
  if (graceInMs === 0) return { kind: 'delete', ledger, etag: target.etag };
  const isLate = row.deleteAfter !== undefined && now.getTime() - row.deleteAfter.getTime() > LATE_IN_MS;
  // Long past it was forgotten, over a failover for instance: whoever wants the device back has the whole grace again.
  if (row.state !== 'pendingDelete' || row.deleteAfter === undefined || isLate) {
    const deleteAfter = new Date(now.getTime() + graceInMs);
    return { kind: 'disable', ledger, deleteAfter, etag: target.etag, ...withoutAccess(target, unusable) };
  }
  if (now < row.deleteAfter) return { kind: 'nothing', reason: 'graceRunning', lookAgainAt: row.deleteAfter };
  return { kind: 'delete', ledger, etag: target.etag };
};

/** A copy that nobody knew, and a person gives up: it is taken for ours from now on. */
const givenUp = ({ key, generationId, etag }: Identity, now: Date): LedgerEntry => ({
  key,
  state: 'copied',
  sourceGenerationId: '',
  targetGenerationId: generationId,
  targetEtag: etag,
  copiedAt: now,
});

/** Whoever wrote the copy after us owns it, and whoever is connected there lives there: the source's end means nothing to them. */
const reasonToKeep = (
  target: Identity,
  row: LedgerEntry,
  { isHome, mayBeUs }: IdentitySnapshot,
): KeepReason | undefined => {
  const writer = lastWriterOf(target, row);
  if (writer === 'others') return 'dpsMove';
  if (isHome || (row.kept === 'homeElsewhere' && !mayBeUs)) return 'homeElsewhere';
  // A row of an older version cannot tell who wrote last: whoever was active there since may have been moved there.
  const { lastActivityTime } = target;
  const wasActive = lastActivityTime !== undefined && lastActivityTime > row.copiedAt;
  return writer === 'unknown' && !mayBeUs && row.state !== 'creating' && wasActive ? 'homeElsewhere' : undefined;
};

const withoutAccess = (target: Identity, unusable: Authentication): { content?: IdentityContent } => {
  if (target.key.moduleId === undefined) {
    if (target.status === 'disabled') return {};
    return { content: { ...updateOf(target, target), status: 'disabled', statusReason: pendingDeleteStatusReason } };
  }
  return target.authentication.type === 'none'
    ? {}
    : { content: { ...updateOf(target, target), authentication: unusable } };
};

/** The ledger says that this copy stands for this life of the source, and nothing was left half done. */
export const isRecorded = (
  ledger: LedgerEntry | undefined,
  source: Identity | undefined,
  target: Identity | undefined,
): boolean =>
  ledger?.state === 'copied' &&
  ledger.sourceGenerationId === source?.generationId &&
  ledger.targetGenerationId === target?.generationId;
