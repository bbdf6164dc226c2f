import type { AppError } from '../errors.js';

/**
 * Runs a call that may never end. After `timeoutInMs` it rejects with what `late` makes and aborts the signal; the race also ends calls
 * that hang before there is a request to abort, while a token is fetched.
 */
export async function withinDeadline<T>(
  timeoutInMs: number,
  late: () => AppError,
  call: (abortSignal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = late();
      reject(error);
      controller.abort(error);
    }, timeoutInMs);
  });
  try {
    return await Promise.race([deadline, call(controller.signal)]);
  } finally {
    clearTimeout(timer);
  }
}
