import type { Clock } from '../clock.js';
import type { RelayState, RunningRelay } from './relay.js';

/** Keeps the relay of this process running as long as slices renew it. */
export interface RelayLease {
  /**
   * Takes the lease for a slice, and starts the relay when it does not run. `undefined`: another slice in this
   * process has it, so that one more here would be of no use.
   */
  take(): RelayHold | undefined;
  /** Stops the relay now. */
  stop(reason: string): Promise<void>;
}

interface RelayHold {
  /** The relay was started for this slice; else it was found running. */
  readonly started: boolean;
  /** False: this slice has lost the lease, having stood still for the grace time, and should end. */
  renew(): boolean;
  /** The slice ends; the relay runs on for the grace time. */
  release(): void;
  state(): RelayState;
}

export interface RelayLeaseOptions {
  start: () => RunningRelay;
  clock: Clock;
  /** Without a renewal for so long the relay stops by itself: no slice follows, or they go to other instances. */
  graceInMs: number;
  /** Told of what fails in the background. */
  onError: (error: unknown) => void;
}

/** One per process. */
export function createRelayLease({ start, clock, graceInMs, onError }: RelayLeaseOptions): RelayLease {
  let running: { relay: RunningRelay; abort: AbortController } | undefined;
  let holder: object | undefined;
  let renewedInMs = 0;
  let stopping: Promise<void> = Promise.resolve();

  const stop = (reason: string): Promise<void> => {
    const last = running;
    running = undefined;
    holder = undefined;
    last?.abort.abort();
    if (last) stopping = Promise.all([stopping, last.relay.stop(reason)]).then(() => undefined);
    return stopping;
  };
  const watch = async ({ abort: { signal } }: { abort: AbortController }): Promise<void> => {
    try {
      for (let left = graceInMs; left > 0; left = renewedInMs + graceInMs - clock.monotonicInMs())
        await clock.sleep(left, { abortSignal: signal });
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    await stop('noSlice');
  };

  return {
    take: () => {
      if (holder) return undefined;
      const mine = {};
      holder = mine;
      renewedInMs = clock.monotonicInMs();
      const started = running === undefined;
      const { relay } = (running ??= { relay: start(), abort: new AbortController() });
      if (started) watch(running).catch(onError);
      return {
        started,
        renew: () => {
          if (holder !== mine) return false;
          renewedInMs = clock.monotonicInMs();
          return true;
        },
        release: () => {
          if (holder === mine) holder = undefined;
        },
        state: () => relay.state(),
      };
    },
    stop,
  };
}
