export interface ManagementGate {
  /** Resolves at once when open, else when it opens. Rejects when the signal aborts. */
  passes(signal?: AbortSignal): Promise<void>;
  shut(): void;
  open(): void;
}

/** Holds management calls while a hub fails over; the service lets them wait until their caller gives up. */
export const createManagementGate = (): ManagementGate => {
  let opening: PromiseWithResolvers<void> | undefined;
  return {
    passes: async (signal) => {
      signal?.throwIfAborted();
      if (opening === undefined) return;
      const aborted = Promise.withResolvers<never>();
      const abort = (): void => aborted.reject(signal?.reason);
      signal?.addEventListener('abort', abort, { once: true });
      try {
        await Promise.race([opening.promise, aborted.promise]);
      } finally {
        signal?.removeEventListener('abort', abort);
      }
    },
    shut: () => void (opening ??= Promise.withResolvers<void>()),
    open: () => {
      opening?.resolve();
      opening = undefined;
    },
  };
};
