import { AppError, isAppError } from '../../errors.js';
import type { Identity, IdentityKey } from '../../hub-model.js';

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

/**
 * With a shared access policy the service answers 401002 to calls about modules of a device that is missing or disabled (a record of a live
 * hub: mwalser/terraform-provider-iothub, CONCEPT.md). So the device is read before rights are believed to be missing. Rejects with
 * deviceNotFound, with deviceDisabled, or with the answer as it was.
 */
export const orItsDevice = async <T>(answer: Promise<T>, readDevice: () => Promise<Identity>): Promise<T> => {
  try {
    return await answer;
  } catch (error) {
    if (!isAppError(error, 'hubUnauthorized') || error.serviceCode === undefined) throw error;
    if (Math.trunc(error.serviceCode / 1000) !== 401 && error.serviceCode !== 401) throw error;
    const { status } = await readDevice();
    if (status !== 'disabled') throw error;
    throw new AppError('deviceDisabled', 'the hub shows no modules of a disabled device', {
      retryable: false,
      cause: error,
    });
  }
};
