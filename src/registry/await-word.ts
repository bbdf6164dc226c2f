import { missingLimitOf } from './breaker.js';
import { openBreaker } from './guard-taking.js';
import type { LedgerEntry } from './ports.js';
import type { SyncRun } from './sync-run.js';
import { on, SyncStop } from './sync-stop.js';

/** Longer than Event Grid or a route takes to bring a deletion's event on an ordinary day. */
export const awaitWordInMs = 2 * 60_000;

/**
 * The source lacks an identity, and nobody has said that it was deleted. A hub that was rolled back looks like that: it has lost
 * identities and raises no event of any. The first look is only recorded. `awaitWordInMs` later a deletion whose event was lost is
 * carried out, unless too many are missing by then: in that case the breaker opens. Throws SyncStop notNow `deletionNotTold` until then.
 */
export const awaitWord = async (run: SyncRun, row: LedgerEntry): Promise<void> => {
  const { ledger, source } = run;
  if (run.cause !== 'hint' || row.state === 'pendingDelete') return;
  const now = run.clock.now();
  const { missingSince } = row;
  if (missingSince === undefined) await on('storage', ledger.write(source, { ...row, missingSince: now }));
  if (missingSince === undefined || now.getTime() - missingSince.getTime() < awaitWordInMs)
    throw new SyncStop({ kind: 'notNow', reason: 'deletionNotTold', side: 'source' });
  const limit = missingLimitOf(await on('storage', ledger.breaker.read(source)));
  if ((await on('storage', ledger.countMissing(source, limit + 1))) > limit) await openBreaker(run, 'sourceRolledBack');
};
