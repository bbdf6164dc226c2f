import { setTimeout as delay } from 'node:timers/promises';
import { RestError } from '@azure/storage-blob';

const pauseInMs = 200;

const networkCodes: readonly unknown[] = ['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND'];

/** Whether storage did not answer, or not in earnest: the same call may succeed later. */
function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // A body that breaks off, and the SDK's own time limit, are no RestError.
  if (!(error instanceof RestError))
    return error.name === 'AbortError' || networkCodes.includes(Reflect.get(error, 'code'));
  return error.statusCode === undefined || error.statusCode >= 500 || error.statusCode === 429;
}

/** Storage's answer to a condition that does not hold, or to a name that is taken. */
export const isConflict = (error: unknown): boolean =>
  error instanceof RestError && (error.statusCode === 412 || error.statusCode === 409);

export const isMissing = (error: unknown): boolean => error instanceof RestError && error.statusCode === 404;

/** Repeats `call` while storage is away, until `signal` aborts: then, or for any other reason, rejects with the last error. */
export async function patiently<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (signal.aborted || !isOutage(error)) throw error;
      await delay(pauseInMs);
    }
  }
}
