import type { IdentityKey } from '../hub-model.js';
import type { IdentityPlan } from './plan-identity.js';
import type { LedgerEntry } from './ports.js';
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
  // With reported properties written as the device, a connection is no proof for good.
  const mayBeOurs = reason === 'homeElsewhere' && isSourceGone && run.reported !== undefined;
  if (ledger?.kept !== reason || ledger.deleteAfter !== undefined) {
    await on('storage', run.ledger.kept.keep(run.source, key, reason, now));
    run.logger.event('warn', 'identity.kept', { reason, hub: run.hubNames[run.target], ...key });
    if (ledger !== undefined) {
      const { deleteAfter, missingSince: _missingSince, ...rest } = ledger;
      const state = deleteAfter === undefined ? ledger.state : 'copied';
      await on('storage', run.ledger.write(run.source, { ...rest, state, kept: reason }));
    }
  }
  if (reason !== 'homeElsewhere') return;
  if (mayBeOurs) await lookAgain(run, key, new Date(now.getTime() + OURS_IN_MS));
  else if (!isSourceGone) await lookAgain(run, key, new Date(now.getTime() + AGAIN_IN_MS));
};
