import { AppError, isAppError } from '../../errors.js';

/**
 * What only the message itself can be the reason for. Everything else, also what the SDK calls not retryable (no such Event Hub, no
 * right, quota used up, host not found), is a state of the target that somebody mends.
 */
const messageFaults = new Set(['MessageTooLargeError', 'DecodeError', 'InvalidFieldError']);
/** May be the message's fault or the partition's: the target is asked whether it has that partition. */
const unclearFaults = new Set(['ArgumentError', 'ArgumentOutOfRangeError']);

const codeIn = (error: unknown): string | undefined => {
  if (error instanceof AggregateError) return codeIn(error.errors.at(-1));
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
};

/** Event Hubs' answer to too much traffic names no time; its guide says 10 seconds ("Event Hubs messaging exceptions"). */
const BUSY_WAIT_IN_MS = 4_000;

export const isUnclear = (error: unknown): boolean => unclearFaults.has(codeIn(error) ?? '');

/** The message never: `targetRefused`. */
export const refused = (what: string, cause: unknown): AppError =>
  new AppError('targetRefused', `relay target, ${what}: ${codeIn(cause) ?? 'no encoding'}`, {
    retryable: false,
    cause,
  });

/** An error of the SDK with our verdict. */
export function toTargetError(what: string, error: unknown): AppError {
  if (isAppError(error)) return error;
  const code = codeIn(error);
  if (code !== undefined && messageFaults.has(code)) return refused(what, error);
  return new AppError('targetUnavailable', `relay target, ${what}: ${code ?? 'failed'}`, {
    retryable: true,
    cause: error,
    ...(code === 'ServerBusyError' ? { retryAfterInMs: BUSY_WAIT_IN_MS } : {}),
  });
}
