/** The surface of "./consumer": a processor that follows an IoT Hub's telemetry through its failovers. */
import type { CheckpointStore, ReceivedEventData } from '@azure/event-hubs';
import type { ConsumersDocument, Generation, Progress } from '../consumers-document.js';

/** Why a partition's reading ends. */
export type ProcessorCloseReason =
  | 'Shutdown' // stop() was called
  | 'OwnershipLost' // another process reads the partition now
  | 'GenerationEnded' // drained, or its limit passed
  | 'EndpointGone'; // the endpoint was replaced and does not answer any more

/** One partition of one generation, as handlers see it. */
export interface ProcessorPartition {
  /** First label of the hub's host name. */
  readonly hub: string;
  readonly generation: number;
  /** Fully qualified host name of the namespace. */
  readonly endpoint: string;
  readonly eventHubName: string;
  readonly consumerGroup: string;
  readonly partitionId: string;
  /** Aborted when this partition is to be let go, for any close reason: a handler that waits for something should end then, by rejecting. */
  readonly signal: AbortSignal;
  /**
   * Marks everything up to this event as done. Default: the last one of the batch in the handler's hands; outside of processEvents the last
   * one that was handled or parked. Rejects with AppError when the store refuses, and with `ownershipLost` when another process has the
   * partition or processClose is over.
   */
  checkpoint(event?: ReceivedEventData): Promise<void>;
}

export type StartPosition = 'earliest' | 'latest' | { enqueuedAfter: Date };

/** Calls for one partition never overlap; partitions run beside each other. */
export interface ProcessorHandlers {
  /**
   * Before the first event. What it returns is the start where no checkpoint of this generation exists. `latest` only for generation 1: of
   * any later one it loses what its endpoint was sent before this.
   */
  processInitialize?(partition: ProcessorPartition): Promise<StartPosition | undefined>;
  /** An error counts as a failed attempt of this batch; see `maxAttempts`. */
  processEvents(events: readonly ReceivedEventData[], partition: ProcessorPartition): Promise<void>;
  processClose?(reason: ProcessorCloseReason, partition: ProcessorPartition): Promise<void>;
  /** An error of one partition's reading; the processor goes on by itself. */
  processError?(error: unknown, partition: ProcessorPartition): Promise<void>;
  /**
   * Whatever belongs to no partition, and errors of the handlers above. What it throws or rejects with itself holds nothing up and is told
   * as a warning of the process.
   */
  onError(error: unknown): void;
  /** An event which the handler failed on `maxAttempts` times, alone. Must keep it: the processor goes on behind it only once this resolves. */
  park(event: ReceivedEventData, error: unknown, partition: ProcessorPartition): Promise<void>;
}

/**
 * When the processor writes checkpoints by itself: also what it owes when a partition was waited for and had no events, and at a close.
 * `manual`: only `partition.checkpoint()`.
 */
export type CheckpointPolicy =
  | { kind: 'eachBatch' }
  | { kind: 'everyEvents'; events: number }
  | { kind: 'everySeconds'; seconds: number }
  | { kind: 'manual' };

/** Where generations come from: the app's HTTP API, or ARM itself. */
export interface GenerationSource {
  /**
   * Calls `listener` with each new view until the signal aborts. A read that fails is no news: it goes to `onError` and is repeated.
   * Resolves when aborted.
   */
  follow(
    listener: (view: GenerationsView) => void,
    options: { signal: AbortSignal; onError: (error: unknown) => void },
  ): Promise<void>;
  /** Tells what was processed. A source without a place for it ignores it. Rejects with AppError; the processor reports it and goes on. */
  tell?(progress: Progress): Promise<void>;
}
export type GenerationsView = Pick<ConsumersDocument, 'hub' | 'revision' | 'stage'> & {
  generations: readonly Generation[];
};

/** A shared access policy of the hub with the right ServiceConnect. A hub failover does not change it. */
export interface SharedKey {
  name: string;
  key: string;
}

export interface FailoverEventProcessorOptions {
  source: GenerationSource;
  /**
   * Held ready: it is asked again only when the endpoint refuses the key, or a day has passed, never while a failover is under way. Reading
   * waits for it only while there is none. No answer for 30 s is reported, and it is asked again later.
   */
  sharedKey: () => Promise<SharedKey>;
  consumerGroup: string;
  /** Name under which progress is told. Default: the consumer group's, with unfit characters replaced. */
  consumer?: string;
  /** The SDK's own store; keys are made distinct by generation. `BlobCheckpointStore` in production. */
  checkpointStore: CheckpointStore;
  /** Where the time of the last processed event of each namespace and partition is kept, for a return to it. */
  lastSeen: LastSeenStore;
  handlers: ProcessorHandlers;
  /** Default `latest`: only the very first generation, and only where no checkpoint is. */
  firstGenerationStart?: 'earliest' | 'latest';
  /** Default 500. The SDK's own default of 1 is some 50 times slower. */
  maxBatchSize?: number;
  /** Default 5. */
  maxWaitTimeInSeconds?: number;
  /** Default false: a wait without events is not told. */
  emptyBatches?: boolean;
  /** Events held ready per partition. Default 3 x maxBatchSize. */
  prefetchCount?: number;
  /** Default false: a body of JSON is parsed. */
  skipParsingBodyAsJson?: boolean;
  /** Default `eachBatch`. */
  checkpoint?: CheckpointPolicy;
  /** Failed attempts before an event is parked. Default 3. */
  maxAttempts?: number;
  /** How far before the last processed event a namespace seen before is read again, in milliseconds. Default 1000. */
  overlapInMs?: number;
  /** Nothing at all from the connection for so long, though events wait: the client is made anew. Default 20000. */
  silenceLimitInMs?: number;
  /** Partitions are claimed and balanced again this often. Default 2000. */
  balanceIntervalInMs?: number;
  /** A partition whose owner has not renewed for so long is free. Default 15000. */
  ownershipExpiresInMs?: number;
}

/** The last processed event of one partition of one namespace; outlives generations. */
export interface LastSeen {
  enqueuedAt: Date;
  sequenceNumber: number;
  generation: number;
}
export interface LastSeenStore {
  read(place: LastSeenPlace): Promise<LastSeen | undefined>;
  write(place: LastSeenPlace, seen: LastSeen): Promise<void>;
}
export interface LastSeenPlace {
  endpoint: string;
  eventHubName: string;
  consumerGroup: string;
  partitionId: string;
}

/** What a processor is doing, for health and for reports. */
export interface ProcessorState {
  revision: number;
  generations: {
    number: number;
    endpoint: string;
    state: 'starting' | 'running' | 'draining' | 'stopped';
    partitions: string[];
    /** Handled by this process. */
    processed: number;
    /** Of these, handled before by this or another process, as far as a sequence number could tell. */
    duplicates: number;
    parked: number;
  }[];
}

export interface FailoverEventProcessor {
  /** Resolves when the first view came and its generations are being started. */
  start(): Promise<void>;
  /** Stops reading, waits for handlers under way, writes what the policy allows, releases ownership. */
  stop(): Promise<void>;
  state(): ProcessorState;
}
