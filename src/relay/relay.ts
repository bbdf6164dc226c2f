import type { FailoverEventProcessor, ProcessorHandlers, ProcessorState } from '../consumer/contract.js';
import type { Clock } from '../clock.js';
import { AppError } from '../errors.js';
import { defectFields, type Logger } from '../log-events.js';
import { createForwardBatch } from './forward-batch.js';
import { waitAfter } from './hold.js';
import { ignoreAbort } from './ignore-abort.js';
import type { RelayParkPort, RelayTargetPort } from './ports.js';
import { createRelayCounters, type RelayFigures } from './relay-counters.js';
import { createRelayHandlers } from './relay-handlers.js';

export interface RelayOptions {
  /** First labels of the host names of the hubs to relay. */
  hubs: readonly string[];
  createProcessor: (hub: string, handlers: ProcessorHandlers) => FailoverEventProcessor;
  connectTarget: () => RelayTargetPort;
  park: RelayParkPort;
  clock: Clock;
  logger: Logger;
  random: () => number;
  deduplicationKey: boolean;
  /** How long a stop waits for messages on their way before it gives them up, to be read again. Default 5000. */
  stopLimitInMs?: number;
}

export interface RelayState extends RelayFigures {
  hubs: Record<string, ProcessorState>;
}

/** The processors of one process, running. */
export interface RunningRelay {
  state(): RelayState;
  /** Stops reading, lets what is on its way arrive, closes the target. Never rejects: what goes wrong is logged. */
  stop(reason: string): Promise<void>;
}

interface HubProcessor {
  hub: string;
  processor: FailoverEventProcessor;
  report: (error: unknown) => void;
}

/** Starts one processor per hub, all into one target. Returns at once; a hub that cannot be read yet is tried again. */
export function startRelay(options: RelayOptions): RunningRelay {
  const { hubs, clock, logger, random, stopLimitInMs = 5000 } = options;
  const counters = createRelayCounters();
  const abort = new AbortController();
  let stopping: Promise<void> | undefined;
  const target = options.connectTarget();
  const forward = createForwardBatch({ ...options, target, counters });
  const processors = hubs.map((hub): HubProcessor => {
    const graceInMs = stopLimitInMs;
    const handlers = createRelayHandlers({ ...options, hub, forward, counters, graceInMs, abortSignal: abort.signal });
    const report = (error: unknown): void => handlers.onError(error);
    return { hub, processor: options.createProcessor(hub, handlers), report };
  });

  const start = async ({ hub, processor, report }: HubProcessor): Promise<void> => {
    for (let attempts = 1; !abort.signal.aborted; attempts += 1) {
      try {
        await processor.start();
        // A stop ends its wait for the first view, too.
        if (stopping === undefined) logger.event('info', 'relay.started', { hub });
        return;
      } catch (error) {
        if (abort.signal.aborted) return;
        report(error);
        await clock.sleep(waitAfter(attempts, random), { abortSignal: abort.signal }).catch(ignoreAbort(abort.signal));
      }
    }
  };
  const starting = processors.map(start);

  const stop = async (reason: string): Promise<void> => {
    const limit = new AbortController();
    const stopped = Promise.all(processors.map(({ processor, report }) => processor.stop().catch(report)));
    const inTime = clock.sleep(stopLimitInMs, { abortSignal: limit.signal }).catch(ignoreAbort(limit.signal));
    await Promise.race([stopped, inTime]);
    abort.abort(new AppError('aborted', 'the relay stops', { retryable: false }));
    await Promise.all([stopped, ...starting]);
    limit.abort();
    await target.close().catch((error: unknown) => logger.event('warn', 'relay.error', defectFields(error)));
    logger.event('info', 'relay.stopped', { reason });
  };
  return {
    state: () => ({
      ...counters.read(),
      hubs: Object.fromEntries(processors.map(({ hub, processor }) => [hub, processor.state()])),
    }),
    stop: (reason) => (stopping ??= stop(reason)),
  };
}
