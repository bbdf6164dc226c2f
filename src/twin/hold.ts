import type { HoldReason } from '../direction.js';
import { codeOf, isAppError, type AppError, type ErrorCode } from '../errors.js';
import type { LogFields } from '../log-events.js';

/** Not now. `hubWide`: the next call for another identity would meet the same, so it is not made. */
export interface Hold {
  reason: HoldReason;
  hubWide: boolean;
  cause?: unknown;
}

const holds: Partial<Record<ErrorCode, Omit<Hold, 'cause'>>> = {
  hubUnreachable: { reason: 'targetAway', hubWide: true },
  hubTimeout: { reason: 'targetAway', hubWide: true },
  hubUnavailable: { reason: 'targetAway', hubWide: true },
  hubFailingOver: { reason: 'targetAway', hubWide: true },
  hubNotFound: { reason: 'targetAway', hubWide: true },
  hubThrottled: { reason: 'targetThrottled', hubWide: true },
  hubQuotaExceeded: { reason: 'targetQuotaExceeded', hubWide: true },
  quotaReserved: { reason: 'quotaReserved', hubWide: true },
  hubUnauthorized: { reason: 'targetUnauthorized', hubWide: true },
  tierNotSupported: { reason: 'tierNotSupported', hubWide: true },
  hubBadAnswer: { reason: 'targetAway', hubWide: false },
  preconditionFailed: { reason: 'targetAway', hubWide: false },
  storageUnavailable: { reason: 'storageAway', hubWide: false },
  storageConflict: { reason: 'storageAway', hubWide: false },
  aborted: { reason: 'targetAway', hubWide: true },
};

const oneIdentity = { reason: 'targetAway', hubWide: false } as const;

export type Failure =
  | { kind: 'missing' } // exactly: the target says that it does not hold this identity
  | { kind: 'hold'; hold: Hold }
  | { kind: 'refused'; error: AppError };

/** What a failed call to the target asks for. Anything that is no AppError is a defect of ours and goes on its way. */
export function classifyFailure(error: unknown): Failure {
  if (!isAppError(error)) throw error;
  if (error.code === 'deviceNotFound' || error.code === 'moduleNotFound') return { kind: 'missing' };
  const hold = holds[error.code] ?? (error.retryable ? oneIdentity : undefined);
  return hold ? { kind: 'hold', hold: { ...hold, cause: error } } : { kind: 'refused', error };
}

/** The hold that a retryable error asks for, whatever it says. */
export function holdFor(error: AppError): Hold {
  const failure = classifyFailure(error);
  return failure.kind === 'hold' ? failure.hold : { ...oneIdentity, cause: error };
}

/** Code and number of an error for logs: never its message. */
export const causeFields = (cause: unknown): LogFields =>
  cause === undefined ? {} : { code: codeOf(cause), serviceCode: isAppError(cause) ? cause.serviceCode : undefined };

/** These say that nothing can be decided or recorded: no time limit ends them, or changes would be lost. */
export const isUnlimited = (reason: HoldReason): boolean =>
  reason === 'stateStale' || reason === 'storageAway' || reason === 'stoodStill' || reason === 'partitionElsewhere';
