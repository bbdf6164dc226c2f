export type StopSignal = 'SIGINT' | 'SIGTERM';

/**
 * Calls `stop` at the first Ctrl-C or SIGTERM. More of them (a terminal sends Ctrl-C to the whole group, npm passes its own on) are
 * taken and do nothing: the end is under way. After `limitInMs` (default 15000) the process ends whatever still hangs.
 */
export const onStopSignal = (stop: (signal: StopSignal) => void, { limitInMs = 15_000 } = {}): void => {
  let stopping = false;
  const handle = (signal: StopSignal): void => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), limitInMs).unref();
    stop(signal);
  };
  process.on('SIGINT', handle);
  process.on('SIGTERM', handle);
};
