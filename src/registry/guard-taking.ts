import { isAppError } from '../errors.js';
import { closed, judgeTaking, limitOf, needsKnown, opened, type BreakerReason, type BreakerState } from './breaker.js';
import type { BreakerRow, LedgerPort } from './ports.js';
import { hubRoles, type HubRole } from '../hub-model.js';
import type { SyncRun } from './sync-run.js';
import { on, SyncStop } from './sync-stop.js';

/** Instances that take something away at the same moment write the row one after another. */
const MAX_RACES = 20;

type Change = (before: BreakerRow | undefined) => Promise<BreakerState | undefined> | BreakerState | undefined;

/** Writes what `change` makes of the row, again where another was faster. `undefined`, or the same object: nothing is written. */
async function update(ledger: Pick<LedgerPort, 'breaker'>, source: HubRole, change: Change): Promise<void> {
  for (let race = 0; ; race += 1) {
    const before = await ledger.breaker.read(source);
    const after = await change(before);
    if (after === undefined || after === before) return;
    try {
      await ledger.breaker.write(source, { ...after, ...(before?.etag !== undefined && { etag: before.etag }) });
      return;
    } catch (error) {
      if (!isAppError(error, 'storageConflict') || race >= MAX_RACES) throw error;
    }
  }
}

/**
 * Runs `take`, after which a copy has no access any more, if the breaker lets it. Throws SyncStop notNow `breakerOpen` where not; the
 * identity stays queued. What was not done after all is not counted.
 */
export async function takeGuarded<T>(run: SyncRun, isCounted: boolean, take: () => Promise<T>): Promise<T> {
  await reserve(run, isCounted);
  try {
    return await take();
  } catch (error) {
    if (isCounted) await release(run);
    throw error;
  }
}

async function release({ ledger, source }: SyncRun): Promise<void> {
  try {
    await update(ledger, source, (before) => before && { ...before, taken: Math.max(0, before.taken - 1) });
  } catch (error) {
    // One too many is counted then: that is the safe side, and what stopped the taking is the news.
    if (!isAppError(error)) throw error;
  }
}

async function reserve(run: SyncRun, isCounted: boolean): Promise<void> {
  const { ledger, source, massChangeLimit } = run;
  let mayTake = false;
  await on(
    'storage',
    update(ledger, source, async (before) => {
      const now = run.clock.now();
      const known = needsKnown(before, massChangeLimit, now) ? await ledger.breaker.countKnown(source) : 0;
      const judged = judgeTaking(before, { now, limit: limitOf(massChangeLimit, known), isCounted });
      ({ mayTake } = judged);
      if (judged.state.open && !before?.open) tellOpened(run, judged.state.open.reason);
      return judged.state;
    }),
  );
  if (!mayTake) throw new SyncStop({ kind: 'notNow', reason: 'breakerOpen', side: 'target' });
}

/** The source shows that it has lost changes: from now on nothing is taken away because of what it says. */
export async function openBreaker(run: SyncRun, reason: BreakerReason): Promise<void> {
  await on(
    'storage',
    update(run.ledger, run.source, (before) => {
      if (before?.open) return undefined;
      tellOpened(run, reason);
      return opened(before, reason, run.clock.now());
    }),
  );
}

const tellOpened = (run: SyncRun, reason: BreakerReason): void =>
  run.logger.event('error', 'breaker.opened', { hub: run.hubNames[run.source], reason });

/** Those that are open now. Rejects with storageUnavailable. */
export async function listOpen(ledger: Pick<LedgerPort, 'breaker'>): Promise<OpenBreaker[]> {
  const rows = await Promise.all(hubRoles.map(async (source) => [source, await ledger.breaker.read(source)] as const));
  return rows.flatMap(([source, row]) => (row?.open ? [{ source, taken: row.taken, ...row.open }] : []));
}
interface OpenBreaker {
  source: HubRole;
  reason: BreakerReason;
  since: Date;
  taken: number;
}

/** By a person; resolves with those that were open. Rejects with storageUnavailable. */
export async function closeBreakers(
  { ledger, clock }: Pick<SyncRun, 'clock'> & { ledger: Pick<LedgerPort, 'breaker'> },
  allow: number,
): Promise<{ source: HubRole; reason: BreakerReason }[]> {
  const found: { source: HubRole; reason: BreakerReason }[] = [];
  for (const source of hubRoles) {
    let reason: BreakerReason | undefined;
    await update(ledger, source, (before) => {
      reason = before?.open?.reason;
      return reason === undefined && allow === 0 ? undefined : closed(clock.now(), allow);
    });
    if (reason !== undefined) found.push({ source, reason });
  }
  return found;
}
