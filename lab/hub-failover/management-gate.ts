export interface ManagementGate {
  /** Resolves at once when open, else when it opens. Rejects when the signal aborts. */
  passes(signal?: AbortSignal): Promise<void>;
  /** Calls that wait now. */
  readonly waiting: number;
  shut(): void;
  open(): void;
}

/** Holds management calls while a hub fails over; the service lets them wait until their caller gives up. */
export const createManagementGate = (): ManagementGate => {
  let opening: PromiseWithResolvers<void> | undefined;
  let waiting = 0;
  return {
    passes: async (signal) => {
      signal?.throwIfAborted();
      if (opening === undefined) return;
      const aborted = Promise.withResolvers<never>();
      const abort = (): void => aborted.reject(signal?.reason);
      signal?.addEventListener('abort', abort, { once: true });
      waiting += 1;
      try {
        await Promise.race([opening.promise, aborted.promise]);
      } finally {
        waiting -= 1;
        signal?.removeEventListener('abort', abort);
      }
    },
    get waiting() {
      return waiting;
    },
    shut: () => void (opening ??= Promise.withResolvers<void>()),
    open: () => {
      opening?.resolve();
      opening = undefined;
    },
  };
};
