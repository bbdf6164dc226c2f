import { AppError } from '../../errors.js';
import { withinDeadline } from '../deadline.js';
import { translateArmError } from './arm-errors.js';

/** One call to ARM within its deadline. Rejects with AppError armTimeout and those of translateArmError. */
export const callArm = async <T>(
  what: string,
  timeoutInMs: number,
  run: (abortSignal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const late = () => new AppError('armTimeout', `${what}: no answer in ${timeoutInMs} ms`, { retryable: true });
  try {
    return await withinDeadline(timeoutInMs, late, run);
  } catch (error) {
    throw translateArmError(what, error);
  }
};
