/** For waits: one that was aborted has come to an end that was asked for. */
export const ignoreAbort =
  (signal: AbortSignal) =>
  (error: unknown): void => {
    if (!signal.aborted) throw error;
  };
