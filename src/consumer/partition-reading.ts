import type { ReceivedEventData } from '@azure/event-hubs';
import { AppError } from '../errors.js';
import { createCheckpointSchedule } from './checkpoint-policy.js';
import type { LastSeen, ProcessorCloseReason, ProcessorPartition, StartPosition } from './contract.js';
import { deliver, type DeliveryPort } from './deliver.js';
import type { SettledOptions } from './options.js';
import { growing, pause } from './pauses.js';
import { createRepeatFilter } from './repeat-filter.js';
import { PartitionTakenError } from './sdk-errors.js';
import { createTurns } from './turns.js';

export interface ReadingPort {
  options: SettledOptions;
  partition: Omit<ProcessorPartition, 'checkpoint' | 'signal'>;
  /** Writes checkpoint and last processed event. Rejects with AppError. */
  write(event: ReceivedEventData): Promise<void>;
  /** Handled or parked, in order; `again` of them had been before. */
  processed(events: readonly ReceivedEventData[], outcome: { parked: boolean; again: number }): void;
  report(error: unknown): void;
  /** Before the second attempt; doubled for each further one. */
  retryDelayInMs: number;
}

/** One partition of one generation while this process owns it: from processInitialize to processClose. */
export interface PartitionReading {
  readonly partition: ProcessorPartition;
  /** A handler is at work. */
  readonly isBusy: boolean;
  /** The last event that was processed here. */
  readonly position: ReceivedEventData | undefined;
  /** Sequence number of the last event that came from the endpoint, processed or not. */
  readonly received: number | undefined;
  /** Calls the user's processInitialize. Rejects with AppError `handlerFailed`. */
  initialize(): Promise<StartPosition | undefined>;
  /** The SDK begins to read, for the first time or again. */
  begin(start: { reachesBehind?: LastSeen | undefined; processedBefore?: number | undefined }): void;
  /** Rejects only with PartitionTakenError. Once closing it takes nothing. */
  accept(events: readonly ReceivedEventData[]): Promise<void>;
  /** Hands an error of the reading to the user. */
  complain(error: unknown): Promise<void>;
  /** Waits for the handler at work, writes what the policy owes (not when the partition is lost), calls processClose. Once. */
  close(reason: ProcessorCloseReason): Promise<void>;
}

const retryLimitInMs = 5000;

export function createPartitionReading(port: ReadingPort): PartitionReading {
  const { options } = port;
  const report = (error: unknown): void => port.report(error);
  const { handlers } = options;
  const turns = createTurns();
  const stopping = new AbortController();
  const schedule = createCheckpointSchedule(options.checkpoint, performance.now());
  let closed: Promise<void> | undefined;
  let lost = false;
  let hasClosed = false;
  let position: ReceivedEventData | undefined;
  let received: number | undefined;
  /** The last event of the batch that the handler has in hand. */
  let inHand: ReceivedEventData | undefined;
  let knownUpTo = -1;
  let filter = createRepeatFilter<ReceivedEventData>(undefined);

  const failure = (what: string, cause: unknown): AppError =>
    new AppError(
      'handlerFailed',
      `${what}: partition ${port.partition.partitionId}, generation ${port.partition.generation}`,
      {
        retryable: true,
        cause,
      },
    );
  const guarded = async (what: string, call: () => Promise<void> | undefined): Promise<void> => {
    try {
      await call();
    } catch (error) {
      report(failure(what, error));
    }
  };
  const write = async (event: ReceivedEventData): Promise<void> => {
    // Also after a close of any other reason: the partition is given back, and whoever reads it now may be further.
    if (lost || hasClosed)
      throw new AppError(
        'ownershipLost',
        `partition ${port.partition.partitionId} is ${lost ? 'read by another process now' : 'closed'}`,
        { retryable: false },
      );
    await port.write(event);
    schedule.written(performance.now());
  };
  const writeByPolicy = async (): Promise<void> => {
    if (position === undefined) return;
    try {
      await write(position);
    } catch (error) {
      // The next one that is due covers this one too.
      report(error);
    }
  };
  const partition: ProcessorPartition = {
    ...port.partition,
    signal: stopping.signal,
    // Of a batch that failed nothing is done: what is not in hand any more counts only up to the position.
    checkpoint: async (event = inHand ?? position) => {
      if (event !== undefined) await write(event);
    },
  };
  const advance = (events: readonly ReceivedEventData[]): void => {
    position = events.at(-1) ?? position;
    schedule.processed(events.length);
  };
  const delivery: DeliveryPort<ReceivedEventData> = {
    handle: async (events) => {
      inHand = events.at(-1);
      try {
        await handlers.processEvents(events, partition);
      } finally {
        inHand = undefined;
      }
    },
    park: (event, error) => handlers.park(event, error, partition),
    done: (events, parked) => {
      if (events.length === 0) return;
      const again = events.filter(({ sequenceNumber }) => sequenceNumber <= knownUpTo).length;
      knownUpTo = Math.max(knownUpTo, events.at(-1)?.sequenceNumber ?? -1);
      advance(events);
      port.processed(events, { parked, again });
    },
    failed: (error, what) => report(failure(what, error)),
    pause: (attempt) => pause(growing(attempt, port.retryDelayInMs, retryLimitInMs), stopping.signal),
    isStopped: () => stopping.signal.aborted,
    maxAttempts: options.maxAttempts,
  };

  const take = async (events: readonly ReceivedEventData[]): Promise<void> => {
    if (stopping.signal.aborted) return;
    received = events.at(-1)?.sequenceNumber ?? received;
    const { deliver: fresh, repeats } = filter(events);
    advance(repeats);
    if (fresh.length > 0 || (events.length === 0 && options.emptyBatches)) await deliver(fresh, delivery);
    // A quiet partition owes nothing: its checkpoint is all that other processes see of it, as when a generation drains.
    const isDue = schedule.isDue(performance.now()) || (events.length === 0 && schedule.owes);
    if (!stopping.signal.aborted && isDue) await writeByPolicy();
  };
  const end = async (reason: ProcessorCloseReason): Promise<void> => {
    if (!lost && schedule.owes) await writeByPolicy();
    await guarded('processClose', () => handlers.processClose?.(reason, partition));
    hasClosed = true;
  };

  return {
    partition,
    get isBusy() {
      return turns.isBusy;
    },
    get position() {
      return position;
    },
    get received() {
      return received;
    },
    initialize: async () => {
      try {
        return await turns.run(async () => handlers.processInitialize?.(partition));
      } catch (error) {
        throw failure('processInitialize', error);
      }
    },
    begin: ({ reachesBehind, processedBefore }) => {
      filter = createRepeatFilter(reachesBehind);
      received = undefined;
      knownUpTo = Math.max(knownUpTo, processedBefore ?? -1);
    },
    accept: async (events) => {
      await turns.run(() => take(events));
      if (lost) throw new PartitionTakenError(port.partition.partitionId);
    },
    complain: (error) => turns.run(() => guarded('processError', () => handlers.processError?.(error, partition))),
    close: (reason) => {
      lost ||= reason === 'OwnershipLost';
      stopping.abort();
      closed ??= turns.run(() => end(reason));
      return closed;
    },
  };
}
