/** Ctrl-C: an end that was asked for, not a failure. */
export class Stopped extends Error {}

/** Rejects when it is aborted, so that nothing that is under way delays the end. */
export const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
