import { createInFlight } from '../in-flight.js';
import type { HostLog } from '../invoke.js';

/** Opens something that can fail later, and gives its close. `failed` may be called at any time, any number of times. */
export type Open = (failed: (why: string) => void) => () => Promise<void>;

/** Long enough that the partitions of one outage make one restart, short enough that it heals within a second or two. */
const pauseInMs = 300;

/**
 * Opens anew what has failed. The SDK would start a stopped pump again at its next tick, but keeps a connection whose links
 * are dead (facts of @azure/event-hubs 6.0.4); a new client does not.
 */
export function createRestarter(what: string, open: Open, log: HostLog) {
  let generation = 0;
  let close: () => Promise<void> = () => Promise.resolve();
  let closing: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const closeCurrent = (): Promise<void> => {
    const current = close;
    generation += 1;
    // The old one may wait for an endpoint that is away: the new one does not wait for it, but `stop` does.
    closing = Promise.all([closing, current()]).then(
      () => undefined,
      (error: unknown) => log(`${what} could not be closed cleanly: ${String(error)}`),
    );
    return closing;
  };

  const start = (): void => {
    const mine = ++generation;
    close = open((why) => {
      if (stopped || mine !== generation || timer !== undefined) return;
      log(`${what} is opened again: ${why}`);
      timer = setTimeout(() => {
        timer = undefined;
        if (stopped) return;
        void closeCurrent();
        start();
      }, pauseInMs);
    });
  };

  return {
    start,
    /** An endpoint that is away can hold a close up: waits at most `limitInMs`. */
    async stop(limitInMs: number): Promise<void> {
      stopped = true;
      clearTimeout(timer);
      const closes = createInFlight();
      closes.add(closeCurrent());
      if (!(await closes.drained(limitInMs))) log(`${what} was still closing when the host stopped`);
    },
  };
}
