import { isContainerAway, translateStorageError } from './storage-errors.js';

/** An outage must be noticed while a batch can still be held: one call, its retries included, takes no longer. */
const CALL_TIMEOUT_IN_MS = 15_000;

/** Shared by the blob and the queue client: two repetitions, quickly. */
export const STORAGE_RETRY = { maxTries: 3, tryTimeoutInMs: 5_000, retryDelayInMs: 200, maxRetryDelayInMs: 1_000 };
/** The same for the table client, which has the retry policy of core-rest-pipeline. */
export const TABLE_RETRY = { maxRetries: 2, retryDelayInMs: 200, maxRetryDelayInMs: 1_000 };

export type StorageCall = <T>(what: string, operation: (abortSignal: AbortSignal) => Promise<T>) => Promise<T>;

/**
 * Runs operations on one table, queue or container, which `prepare` creates before the first of them. A preparation that failed
 * is tried again by the next call, and so is one whose work was undone (the container was deleted).
 */
export const createStorageCall = (
  prepare: (abortSignal: AbortSignal) => Promise<unknown>,
  timeoutInMs = CALL_TIMEOUT_IN_MS,
): StorageCall => {
  let prepared: Promise<unknown> | undefined;
  return async (what, operation) => {
    const abortSignal = AbortSignal.timeout(timeoutInMs);
    try {
      prepared ??= prepare(abortSignal);
      await prepared.catch((error: unknown) => {
        prepared = undefined;
        throw error;
      });
      return await operation(abortSignal);
    } catch (error) {
      if (isContainerAway(error)) {
        prepared = undefined;
      }
      throw translateStorageError(what, error);
    }
  };
};
