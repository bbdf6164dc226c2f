import type { Clock } from '../clock.js';
import type { LogFields, Logger } from '../log-events.js';
import { ignoreAbort } from './ignore-abort.js';
import type { RelayState, RunningRelay } from './relay.js';

export interface RelayProcessOptions {
  start: () => RunningRelay;
  clock: Clock;
  logger: Logger;
  /** Its reason is told in the log. */
  stopSignal: AbortSignal;
  healthEveryInMs: number;
}

/** A line for people and for whoever counts lines. */
const healthFields = ({ forwarded, batches, parked, held, hubs }: RelayState): LogFields => ({
  forwarded,
  batches,
  parked,
  partitions: Object.values(hubs)
    .flatMap(({ generations }) => generations)
    .reduce((sum, { partitions }) => sum + partitions.length, 0),
  generations: Object.entries(hubs)
    .map(([hub, { generations }]) => `${hub}:${generations.map(({ number, state }) => `${number} ${state}`).join(',')}`)
    .join(' '),
  ...(held ? { heldPartitions: held.partitions, heldReason: held.reason, heldSince: held.since.toISOString() } : {}),
});

/** Runs the relay until it is told to stop, with a line on its health now and then and one at the end. */
export async function runRelayProcess(options: RelayProcessOptions): Promise<void> {
  const { start, clock, logger, stopSignal, healthEveryInMs } = options;
  const relay = start();
  const tell = (): void => logger.event('info', 'relay.health', healthFields(relay.state()));
  while (!stopSignal.aborted) {
    await clock.sleep(healthEveryInMs, { abortSignal: stopSignal }).catch(ignoreAbort(stopSignal));
    if (!stopSignal.aborted) tell();
  }
  await relay.stop(String(stopSignal.reason));
  tell();
}
