import type { DirectionPort, HoldReason } from '../direction.js';
import { isAppError, type AppError, type MirrorErrorCode } from '../errors.js';
import type { HubRole } from '../hub-model.js';
import type { Side, SyncOutcome } from './sync-outcome.js';

/** Ends a sync early, inside this room only. `again`: what was read is no longer so; start over from the reads. */
export class SyncStop extends Error {
  readonly outcome: SyncOutcome | { kind: 'again'; error?: AppError };

  constructor(outcome: SyncStop['outcome']) {
    super(outcome.kind, { cause: 'error' in outcome ? outcome.error : undefined });
    this.name = 'SyncStop';
    this.outcome = outcome;
  }
}

type Verdict = 'again' | 'refused' | 'deviceDisabled' | HoldReason;

/**
 * Every code that a copy can meet is here: a new one does not compile until somebody has decided about it. `hubNotFound` and `hubFailingOver` only
 * ever mean "not now": they are no evidence that an identity is gone.
 */
const verdicts: Record<MirrorErrorCode, Verdict> = {
  preconditionFailed: 'again',
  alreadyExists: 'again',
  deviceNotFound: 'again',
  moduleNotFound: 'again',
  storageConflict: 'again',
  requestRefused: 'refused',
  hubUnreachable: 'targetAway',
  hubTimeout: 'targetAway',
  hubUnavailable: 'targetAway',
  hubFailingOver: 'targetAway',
  hubNotFound: 'targetAway',
  hubBadAnswer: 'targetAway',
  hubThrottled: 'targetThrottled',
  hubQuotaExceeded: 'targetQuotaExceeded',
  quotaReserved: 'quotaReserved',
  hubUnauthorized: 'targetUnauthorized',
  tierNotSupported: 'tierNotSupported',
  deviceDisabled: 'deviceDisabled',
  deviceConnectionFailed: 'targetAway',
  held: 'targetAway',
  aborted: 'targetAway',
  invalidSettings: 'targetAway',
  storageUnavailable: 'storageAway',
  storageRefused: 'storageAway',
};

/** Codes of other rooms never come here; if one did, it would be no reason to change anything. */
const isMirrorCode = (code: string): code is MirrorErrorCode => code in verdicts;

const toStop = (side: Side, error: AppError): SyncStop['outcome'] => {
  const verdict = isMirrorCode(error.code) ? verdicts[error.code] : 'targetAway';
  if (verdict === 'refused') return { kind: 'refused', side, error };
  if (side === 'reported') return { kind: 'notNow', reason: 'reportedNotWritten', side, error };
  if (verdict === 'again') return { kind: 'again', error };
  if (verdict === 'deviceDisabled') return { kind: 'nothing', reason: 'deviceDisabled' };
  if (verdict === 'tierNotSupported') return { kind: 'notNow', reason: verdict, side, error };
  if (side === 'source') return { kind: 'notNow', reason: 'sourceAway', side, error };
  if (side === 'storage') return { kind: 'notNow', reason: 'storageAway', side, error };
  return { kind: 'notNow', reason: verdict, side, error };
};

/** Awaits a port's answer and gives its AppErrors a side and a meaning. Defects pass through as they are. */
export const on = async <T>(side: Side, answer: Promise<T>): Promise<T> => {
  try {
    return await answer;
  } catch (error) {
    throw isAppError(error) ? new SyncStop(toStop(side, error)) : error;
  }
};

/** Called before each write to a hub. */
export const assertMayWrite = async (direction: DirectionPort, source: HubRole): Promise<void> => {
  const verdict = await on('storage', direction.decide(source));
  if (verdict.kind === 'skip') throw new SyncStop({ kind: 'nothing', reason: verdict.reason });
  if (verdict.kind === 'hold') throw new SyncStop({ kind: 'notNow', reason: verdict.reason, side: 'direction' });
};

const maxPasses = 5;

/** Runs `pass` again while somebody else writes in between; the fifth time it is `contended`: not now. */
export const untilSettled = async <T>(pass: () => Promise<T>): Promise<T> => {
  let last: AppError | undefined;
  for (let i = 0; i < maxPasses; i += 1) {
    try {
      return await pass();
    } catch (error) {
      if (!(error instanceof SyncStop) || error.outcome.kind !== 'again') throw error;
      last = error.outcome.error;
    }
  }
  throw new SyncStop({
    kind: 'notNow',
    reason: 'contended',
    side: 'target',
    ...(last !== undefined && { error: last }),
  });
};
