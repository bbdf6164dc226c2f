import { AppError, isAppError } from '../../errors.js';
import type { IdentityKey } from '../../hub-model.js';

const badAnswer = (message: string, cause?: unknown): AppError =>
  new AppError('hubBadAnswer', message, { retryable: true, cause });

/** Passes answers and errors on. That a module is missing is no answer to a question about a device. */
export const ofItsKind = async <T>({ moduleId }: IdentityKey, answer: Promise<T>): Promise<T> => {
  try {
    return await answer;
  } catch (error) {
    if (moduleId !== undefined || !isAppError(error, 'moduleNotFound')) throw error;
    throw badAnswer('the hub answered about a module when it was asked about a device', error);
  }
};

export interface Answered {
  deviceId: string;
  moduleId?: string | null | undefined;
}

/** The answer, if it is about the identity that was asked for. Throws hubBadAnswer. */
export const isAbout = <T extends Answered>({ deviceId, moduleId }: IdentityKey, answer: T): T => {
  if (answer.deviceId === deviceId && (answer.moduleId ?? undefined) === moduleId) return answer;
  throw badAnswer('the hub answered about another identity than it was asked for');
};
