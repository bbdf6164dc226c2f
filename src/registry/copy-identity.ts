import type { Identity, IdentityContent, IdentityKey } from '../hub-model.js';
import { AppError } from '../errors.js';
import { copyTwin } from './copy-twin.js';
import { isEarlierLife } from './breaker.js';
import { openBreaker, takeGuarded } from './guard-taking.js';
import { contentMark } from './identity-content.js';
import { isListed, keep } from './keep-copy.js';
import { isRecorded, type IdentityPlan } from './plan-identity.js';
import { planWithCare, takesAway } from './plan-with-care.js';
import { readPair, type IdentityPair } from './read-pair.js';
import type { LedgerEntry } from './ports.js';
import { lookAgain, writeToTarget, type SyncRun } from './sync-run.js';
import { on, SyncStop, untilSettled } from './sync-stop.js';
import type { SyncAction, SyncOutcome } from './sync-outcome.js';

/** What else belongs to a copy that is new, or was left half done. */
export type CompleteCopy = (run: SyncRun, key: IdentityKey) => Promise<void>;

/** Brings one copy up to the source as it is now; `complete` runs before the ledger calls a new copy `copied`. */
export const copyIdentity = (run: SyncRun, key: IdentityKey, complete: CompleteCopy): Promise<SyncOutcome> =>
  untilSettled(async () => {
    const pair = await readPair(run, key);
    const plan = await planWithCare(run, key, pair);
    if (pair.target === undefined || !takesAway(plan, pair.target)) return carryOut(run, key, plan, pair, complete);
    const { source, ledger } = pair;
    if (source && ledger && isEarlierLife(source.generationId, ledger.sourceGenerationId))
      await openBreaker(run, 'sourceRolledBack');
    // A deletion was counted when its copy was disabled.
    return takeGuarded(run, ledger?.state !== 'pendingDelete', () => carryOut(run, key, plan, pair, complete));
  });

const carryOut = async (
  run: SyncRun,
  key: IdentityKey,
  plan: IdentityPlan,
  pair: IdentityPair,
  complete: CompleteCopy,
): Promise<SyncOutcome> => {
  if (plan.kind !== 'keep' && isListed(pair.ledger)) await on('storage', run.ledger.kept.release(run.source, key));
  switch (plan.kind) {
    case 'keep':
      await keep(run, key, { ...plan, isSourceGone: pair.source === undefined });
      return { kind: 'nothing', reason: plan.reason };
    case 'nothing':
      if (plan.lookAgainAt !== undefined) await lookAgain(run, key, plan.lookAgainAt);
      return { kind: 'nothing', reason: plan.reason };
    case 'refuse':
      throw new SyncStop({ kind: 'refused', side: 'source', error: keysNotReadable() });
    case 'forget':
      await bury(run, plan.ledger);
      return { kind: 'nothing', reason: 'sourceGone' };
    case 'disable':
      await disable(run, plan);
      return { kind: 'done', did: 'disabled' };
    case 'delete':
      await writeToTarget(run, () => run.targetHub.deleteIdentity(key, plan.etag));
      await bury(run, plan.ledger);
      return { kind: 'done', did: 'deleted' };
    default:
      return { kind: 'done', did: await bringUp(run, plan, pair, complete) };
  }
};

type CopyPlan = Extract<IdentityPlan, { source: Identity }>;

const bringUp = async (
  run: SyncRun,
  plan: CopyPlan,
  pair: IdentityPair,
  complete: CompleteCopy,
): Promise<SyncAction> => {
  const { source } = plan;
  const { target, ledger, did } = await writeIdentity(run, plan, pair.ledger);
  const { version, copyEtag } = await copyTwin(run, source.key, target);
  const isKnown = isRecorded(ledger, source, target);
  if (isKnown && version < (ledger?.sourceVersion ?? 0)) await tellRolledBack(run, source);
  // A repair by state is ahead of the stream: what it holds must be known, or the changes behind it would take the copy back.
  const isWritten = ledger?.targetEtag === target.etag && isSettled(ledger);
  const isSame = ledger?.sourceEtag === source.etag;
  if (isKnown && isWritten && isSame && ledger.sourceVersion === version && ledger.copyEtag === copyEtag) return did;
  // Modules may have waited for it to be enabled.
  const isEnabled = pair.target?.status === 'disabled' && target.status === 'enabled';
  if (!isKnown || isEnabled) await complete(run, source.key);
  const now = run.clock.now();
  await writeLedger(run, {
    key: source.key,
    state: 'copied',
    sourceGenerationId: source.generationId,
    targetGenerationId: target.generationId,
    targetEtag: target.etag,
    sourceEtag: source.etag,
    copiedAt: isKnown && ledger !== undefined ? ledger.copiedAt : now,
    sourceVersion: version,
    stateAt: now,
    copyEtag,
    etag: ledger?.etag,
  });
  return did;
};

const isSettled = ({ writing, kept, missingSince }: LedgerEntry): boolean =>
  writing === undefined && kept === undefined && missingSince === undefined;

/** Versions of one life never go back but with the hub. A new life that began since the identity was read counts from the start. */
const tellRolledBack = async (run: SyncRun, source: Identity): Promise<void> => {
  const now = await on('source', run.sourceHub.getIdentity(source.key));
  if (now?.generationId === source.generationId) await openBreaker(run, 'sourceRolledBack');
};

interface Written {
  target: Identity;
  ledger: LedgerEntry | undefined;
  did: SyncAction;
}

const writeIdentity = async (run: SyncRun, plan: CopyPlan, ledger: LedgerEntry | undefined): Promise<Written> => {
  if (plan.kind === 'unchanged') return { target: plan.target, ledger, did: 'unchanged' };
  const { targetHub } = run;
  if (plan.kind === 'update') {
    // A copy without a record gets one first: it must not be taken for somebody else's if this process ends in between.
    const begun =
      ledger === undefined
        ? await begin(run, plan, ledger, { targetEtag: plan.etag, targetGenerationId: '' })
        : await announce(run, ledger, plan.content);
    const target = await writeToTarget(run, () => targetHub.updateIdentity(plan.content, plan.etag));
    return { target, ledger: begun, did: 'updated' };
  }
  const old = plan.kind === 'recreate' ? plan.old : undefined;
  const begun = await begin(run, plan, ledger, {
    targetGenerationId: old?.generationId ?? ledger?.targetGenerationId ?? '',
    ...(old !== undefined && { targetEtag: old.etag }),
  });
  if (old !== undefined) await writeToTarget(run, () => targetHub.deleteIdentity(old.key, old.etag));
  const target = await writeToTarget(run, () => targetHub.createIdentity(plan.content));
  return { target, ledger: begun, did: old === undefined ? 'created' : 'recreated' };
};

const begin = (
  run: SyncRun,
  { source, content }: Exclude<CopyPlan, { kind: 'unchanged' }>,
  ledger: LedgerEntry | undefined,
  copy: Pick<LedgerEntry, 'targetGenerationId' | 'targetEtag'>,
) =>
  writeLedger(run, {
    key: source.key,
    state: 'creating',
    sourceGenerationId: source.generationId,
    ...copy,
    writing: contentMark(content),
    copiedAt: run.clock.now(),
    etag: ledger?.etag,
  });

/** Says what is about to be written, so that the copy is known for ours though the answer be lost. */
const announce = (run: SyncRun, ledger: LedgerEntry, content: IdentityContent) =>
  writeLedger(run, { ...ledger, writing: contentMark(content) });

/** Disabled first, recorded second: a crash in between disables again. The other order could leave it enabled until its end. */
const disable = async (run: SyncRun, plan: Extract<IdentityPlan, { kind: 'disable' }>): Promise<void> => {
  const { ledger, deleteAfter, content, etag } = plan;
  let row = ledger;
  let targetEtag = etag;
  if (content !== undefined) {
    row = await announce(run, ledger, content);
    ({ etag: targetEtag } = await writeToTarget(run, () => run.targetHub.updateIdentity(content, etag)));
  }
  const { writing: _writing, kept: _kept, missingSince: _missingSince, ...rest } = row;
  await writeLedger(run, { ...rest, targetEtag, state: 'pendingDelete', deleteAfter });
  await lookAgain(run, ledger.key, deleteAfter);
};

const bury = async (
  run: SyncRun,
  { deleteAfter: _deleteAfter, kept: _kept, missingSince: _missingSince, ...ledger }: LedgerEntry,
): Promise<void> => {
  await writeLedger(run, { ...ledger, state: 'tombstone' });
};

const writeLedger = (run: SyncRun, entry: Omit<LedgerEntry, 'etag'> & { etag?: string | undefined }) => {
  const { etag, ...rest } = entry;
  return on('storage', run.ledger.write(run.source, { ...rest, ...(etag !== undefined && { etag }) }));
};

const keysNotReadable = () =>
  new AppError(
    'hubUnauthorized',
    'The source shows a SAS identity without its keys: the role must allow reading them.',
    {
      retryable: false,
    },
  );
