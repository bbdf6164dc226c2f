import type { Identity, IdentityContent } from '../hub-model.js';
import { contentOf, hidesItsKeys, sameContent, updateOf } from './identity-content.js';
import type { LedgerEntry } from './ports.js';

export interface IdentitySnapshot {
  /** `undefined` only where the source answered exactly 404001 or 404010 just now. */
  source: Identity | undefined;
  target: Identity | undefined;
  ledger: LedgerEntry | undefined;
  now: Date;
  /** How long a copy stays disabled before it is deleted, in milliseconds; 0 deletes at once. */
  graceInMs: number;
}

export type IdentityPlan =
  | { kind: 'create'; source: Identity; content: IdentityContent }
  | { kind: 'update'; source: Identity; content: IdentityContent; etag: string }
  /** The target holds the copy of an older life: delete it, then create, so that its reported and modules go with it. */
  | { kind: 'recreate'; source: Identity; content: IdentityContent; old: Identity }
  | { kind: 'unchanged'; source: Identity; target: Identity }
  /** `content` is absent where there is nothing to write: modules have no status, and the copy may be disabled already. */
  | { kind: 'disable'; ledger: LedgerEntry; deleteAfter: Date; etag: string; content?: IdentityContent }
  | { kind: 'delete'; ledger: LedgerEntry; etag: string }
  | { kind: 'forget'; ledger: LedgerEntry }
  | { kind: 'refuse'; reason: 'keysNotReadable' }
  | { kind: 'nothing'; reason: PlanNothingReason; lookAgainAt?: Date };

export type PlanNothingReason =
  | 'sourceGone' // neither hub has it
  | 'noLedgerEvidence' // the target has one that we never copied: never deleted
  | 'notOurCopy' // the target's is another one than the one we made: never deleted
  | 'graceRunning' // deleted on the source, disabled on the target, to be deleted at `lookAgainAt`
  | 'copyUnderWay'; // a create whose outcome is unknown may still appear on the target

/** Longer than any call to a hub may last: after that, a create that was begun has ended one way or the other. */
export const createSettlesInMs = 5 * 60_000;

const pendingDeleteStatusReason = 'Deleted on the other hub; waiting to be deleted here.';

/** The one decision about an identity and its copy: pure, and the same whichever hint led to it. */
export const planIdentity = (snapshot: IdentitySnapshot): IdentityPlan => {
  const { source, target } = snapshot;
  if (source !== undefined) return planCopy(source, target, snapshot.ledger);
  return target === undefined ? planAbsent(snapshot) : planRemoval(target, snapshot);
};

const planCopy = (source: Identity, target: Identity | undefined, ledger: LedgerEntry | undefined): IdentityPlan => {
  if (hidesItsKeys(source)) return { kind: 'refuse', reason: 'keysNotReadable' };
  const content = contentOf(source);
  if (target === undefined) return { kind: 'create', source, content };
  if (ledger !== undefined && isOfOlderLife(source, target, ledger)) {
    return { kind: 'recreate', source, content, old: target };
  }
  if (sameContent(source, target)) return { kind: 'unchanged', source, target };
  return { kind: 'update', source, content: updateOf(source, target), etag: target.etag };
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

const planRemoval = (target: Identity, { ledger: row, now, graceInMs }: IdentitySnapshot): IdentityPlan => {
  if (row === undefined) return { kind: 'nothing', reason: 'noLedgerEvidence' };
  const isOurs = row.state === 'creating' || row.targetGenerationId === target.generationId;
  if (!isOurs) return { kind: 'nothing', reason: 'notOurCopy' };
  // While `creating` the row does not know yet what was made; from here on it is this one and no other.
  const ledger = { ...row, targetGenerationId: target.generationId };
  if (graceInMs === 0) return { kind: 'delete', ledger, etag: target.etag };
  if (row.state !== 'pendingDelete' || row.deleteAfter === undefined) {
    const deleteAfter = new Date(now.getTime() + graceInMs);
    return { kind: 'disable', ledger, deleteAfter, etag: target.etag, ...disabled(target) };
  }
  if (now < row.deleteAfter) return { kind: 'nothing', reason: 'graceRunning', lookAgainAt: row.deleteAfter };
  return { kind: 'delete', ledger, etag: target.etag };
};

const disabled = (target: Identity): { content?: IdentityContent } => {
  if (target.key.moduleId !== undefined || target.status === 'disabled') return {};
  return { content: { ...updateOf(target, target), status: 'disabled', statusReason: pendingDeleteStatusReason } };
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
