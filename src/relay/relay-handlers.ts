import type { Clock } from '../clock.js';
import type { ProcessorHandlers } from '../consumer/contract.js';
import { AppError, codeOf, isAppError } from '../errors.js';
import { defectFields, type LogFields, type Logger } from '../log-events.js';
import type { ForwardBatch } from './forward-batch.js';
import { ignoreAbort } from './ignore-abort.js';
import { parkMessage } from './park-message.js';
import type { RelayParkPort } from './ports.js';
import type { RelayCounters } from './relay-counters.js';
import { createSayOnce } from './say-once.js';

export interface RelayHandlersOptions {
  /** First label of the host name of the hub that they are for. */
  hub: string;
  forward: ForwardBatch;
  park: RelayParkPort;
  counters: RelayCounters;
  logger: Logger;
  clock: Clock;
  /** How long a message on its way may take when its partition is let go. */
  graceInMs: number;
  /** Of the whole relay: aborted when what is under way must not be waited for any longer. */
  abortSignal: AbortSignal;
}

const fieldsOf = (error: unknown) =>
  isAppError(error) ? { code: codeOf(error), reason: error.message } : { code: 'defect', ...defectFields(error) };

/** What the processor calls: batches are forwarded before they count as processed, so that a checkpoint never runs ahead of the target. */
export function createRelayHandlers(options: RelayHandlersOptions): ProcessorHandlers {
  const { hub, forward, park, counters, logger, clock, graceInMs, abortSignal } = options;
  const isNew = createSayOnce(clock);
  const warn = (fields: LogFields): void => {
    if (isNew(JSON.stringify(fields))) logger.event('warn', 'relay.error', { hub, ...fields });
  };

  /** What is on its way when a partition is let go may still arrive: else it would be sent twice. */
  const withGrace = async (signal: AbortSignal, work: (late: AbortSignal) => Promise<void>) => {
    const late = new AbortController();
    const done = new AbortController();
    const end = async (): Promise<void> => {
      await clock.sleep(graceInMs, { abortSignal: done.signal }).catch(ignoreAbort(done.signal));
      late.abort(new AppError('aborted', 'the partition is let go', { retryable: false }));
    };
    const onAbort = (): void => void end();
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    try {
      await work(late.signal);
    } finally {
      signal.removeEventListener('abort', onAbort);
      done.abort();
    }
  };
  return {
    processEvents: (events, partition) =>
      withGrace(partition.signal, (late) => forward(events, partition, AbortSignal.any([abortSignal, late]))),
    processError: async (error, { generation, partitionId }) =>
      warn({ generation, partition: partitionId, ...fieldsOf(error) }),
    onError: (error) => {
      if (isAppError(error, 'endedUnread')) logger.event('error', 'relay.unread', { hub, reason: error.message });
      else warn(fieldsOf(error));
    },
    // Only for what is a defect of ours: the forwarder waits or parks by itself. A stop must never park what it interrupts.
    park: async (event, error, partition) => {
      abortSignal.throwIfAborted();
      partition.signal.throwIfAborted();
      await parkMessage(park, event, partition, 'defect');
      counters.parked();
      logger.event('error', 'event.parked', {
        reason: 'refusedByTarget',
        cause: 'defect',
        partition: `${partition.hub}/${partition.generation}/${partition.partitionId}`,
        sequenceNumber: event.sequenceNumber,
        ...defectFields(error),
      });
    },
  };
}
