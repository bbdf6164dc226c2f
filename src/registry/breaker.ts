/**
 * A bad day of the active hub must not empty the standby: a hub that lost its last minutes, a script that deletes too much. Pure.
 * INVARIANT: while a breaker is open, or `taken` of the window has reached the limit, nothing is taken away: taken <= limit.
 */

/** Within so long takings are counted together. */
const WINDOW_IN_MS = 60 * 60_000;
/** Without MASS_CHANGE_LIMIT: the greater of these. */
const LEAST_LIMIT = 20;
const SHARE_OF_KNOWN = 0.05;
/** So many deletions may have lost their events. More of them, and the hub has lost the identities. */
const MISSING_LIMIT = 5;

export const breakerReasons = [
  'massChange', // more copies would lose their access within an hour than the limit allows
  'sourceRolledBack', // known identities went away without a word, or a generation or version went back
] as const;
export type BreakerReason = (typeof breakerReasons)[number];

/** What was taken away in one direction: deletions, disablings, other keys. Shared by all instances. */
export interface BreakerState {
  windowStartedAt: Date;
  /** In this window. */
  taken: number;
  /** How many more a person has allowed, beside the limit. */
  allowed: number;
  open?: { since: Date; reason: BreakerReason };
}

export interface Taking {
  now: Date;
  limit: number;
  /** False: it was counted before, when its access was taken. */
  isCounted: boolean;
}

export const limitOf = (setting: number, known: number): number =>
  setting > 0 ? setting : Math.max(LEAST_LIMIT, Math.ceil(known * SHARE_OF_KNOWN));

/** Below it nobody needs to know how many identities there are. */
export const needsKnown = (state: BreakerState | undefined, setting: number, now: Date): boolean =>
  setting === 0 &&
  state !== undefined &&
  state.taken >= LEAST_LIMIT &&
  now.getTime() - state.windowStartedAt.getTime() < WINDOW_IN_MS;

/** May one more copy lose its access? `state` is what is known from then on; the same object where nothing is to be written. */
export function judgeTaking(
  before: BreakerState | undefined,
  { now, limit, isCounted }: Taking,
): { mayTake: boolean; state: BreakerState } {
  if (before?.open) return { mayTake: false, state: before };
  const isSameWindow = before !== undefined && now.getTime() - before.windowStartedAt.getTime() < WINDOW_IN_MS;
  const state: BreakerState = isSameWindow ? before : { allowed: 0, ...before, windowStartedAt: now, taken: 0 };
  if (!isCounted) return { mayTake: true, state };
  if (state.allowed > 0) return { mayTake: true, state: { ...state, allowed: state.allowed - 1 } };
  if (state.taken >= limit) return { mayTake: false, state: opened(state, 'massChange', now) };
  return { mayTake: true, state: { ...state, taken: state.taken + 1 } };
}

/** How many identities may be missing at once on the source though nobody told of their deletion. */
export const missingLimitOf = (state: BreakerState | undefined): number => MISSING_LIMIT + (state?.allowed ?? 0);

export const opened = (before: BreakerState | undefined, reason: BreakerReason, now: Date): BreakerState => ({
  windowStartedAt: before?.windowStartedAt ?? now,
  taken: before?.taken ?? 0,
  allowed: before?.allowed ?? 0,
  open: before?.open ?? { since: now, reason },
});

/** By a person. `allow`: how many more may be taken away beside the limit. */
export const closed = (now: Date, allow: number): BreakerState => ({ windowStartedAt: now, taken: 0, allowed: allow });

/** The service's generation ids are numbers that grow with time; others cannot be compared. */
export const isEarlierLife = (generationId: string, than: string): boolean =>
  /^\d{1,20}$/.test(generationId) && /^\d{1,20}$/.test(than) && BigInt(generationId) < BigInt(than);
