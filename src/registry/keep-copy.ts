import type { IdentityKey } from '../hub-model.js';
import type { IdentityPlan } from './plan-identity.js';
import type { KeepReason, LedgerEntry } from './ports.js';
import { lookAgain, type SyncRun } from './sync-run.js';
import { on } from './sync-stop.js';

/** What lives on the target is looked at again, while there is something of the source to be brought there. */
const AGAIN_IN_MS = 10 * 60_000;
/** Another instance of ours may be the one that is connected as the device. */
const OURS_IN_MS = 60_000;

/** A copy without a record may be on the list, too. */
export const isListed = (ledger: LedgerEntry | undefined): boolean => ledger === undefined || ledger.kept !== undefined;

/** Told first, recorded second. A deletion that was pending is over: whoever owns the copy wants it. */
export const keep = async (
  run: SyncRun,
  key: IdentityKey,
  { reason, ledger, isSourceGone }: Extract<IdentityPlan, { kind: 'keep' }> & { isSourceGone: boolean },
): Promise<void> => {
  const now = run.clock.now();
  const isNews = ledger?.kept !== reason || ledger.deleteAfter !== undefined;
  if (isNews) {
    await on('storage', run.ledger.kept.keep(run.source, key, reason, now));
    run.logger.event('warn', 'identity.kept', { reason, hub: run.hubNames[run.target], ...key });
  }
  const lookAt = nextLook(run, ledger, reason, isSourceGone);
  if (lookAt !== undefined) await lookAgain(run, key, lookAt);
  if (ledger === undefined || (!isNews && lookAt === undefined)) return;
  const { deleteAfter, missingSince: _missingSince, ...rest } = ledger;
  const state = deleteAfter === undefined ? ledger.state : 'copied';
  await on(
    'storage',
    run.ledger.write(run.source, { ...rest, state, kept: reason, ...(lookAt !== undefined && { lookAt }) }),
  );
};

/** One message on its way is enough: else each hint would add one, and each of those another, for as long as somebody is connected. */
const nextLook = (
  run: SyncRun,
  ledger: LedgerEntry | undefined,
  reason: KeepReason,
  isSourceGone: boolean,
): Date | undefined => {
  if (reason !== 'homeElsewhere') return undefined;
  // With reported properties written as the device, a connection is no proof for good.
  const mayBeOurs = isSourceGone && run.reported !== undefined;
  if (isSourceGone && !mayBeOurs) return undefined;
  const afterInMs = mayBeOurs ? OURS_IN_MS : AGAIN_IN_MS;
  const now = run.clock.now().getTime();
  const isAwaited = ledger?.kept === reason && (ledger.lookAt?.getTime() ?? 0) - now > afterInMs / 2;
  return isAwaited ? undefined : new Date(now + afterInMs);
};
