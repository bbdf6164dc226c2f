import type { EventHubEndpoint, Progress } from '../consumers-document.js';
import type { UpkeepAction } from './decide.js';
import type { ConsumerProgress, HubReading } from './snapshot.js';
import type { WatchState } from './watch-state.js';

/**
 * A hub's ARM resource. Each call ends within its deadline: some get no answer at all while a hub fails over. Rejects with AppError:
 * armTimeout, armUnavailable, armUnauthorized, armRefused, armBadAnswer, profileNotSupported.
 */
export interface HubArmPort {
  read(options: { timeoutInMs: number }): Promise<Extract<HubReading, { kind: 'read' }>>;
  listConsumerGroups(options: { timeoutInMs: number }): Promise<string[]>;
  /** Resolves also where it exists. */
  createConsumerGroup(name: string, options: { timeoutInMs: number }): Promise<void>;
  /** Whether a configured key is still one of the policy of that name, which has to have the right ServiceConnect. */
  checkKey(key: { name: string; key: string }, options: { timeoutInMs: number }): Promise<'valid' | 'stale'>;
}

/** Where the hub's gateway sends readers of its built-in endpoint. Rejects with AppError redirectUnavailable, redirectTimeout, redirectRefused. */
export interface RedirectPort {
  read(options: { timeoutInMs: number }): Promise<EventHubEndpoint>;
}

/** The end of one partition, as its endpoint tells it. */
export interface PartitionEnd {
  partitionId: string;
  /** Sequence number of the last enqueued event; -1: none ever was. */
  last: number;
  /** Its time, UTC; absent where none ever was. */
  lastAt?: string | undefined;
  /** Nothing is there to be read: never was, or is older than the retention. */
  isEmpty: boolean;
}

/**
 * Reads the ends of an endpoint's partitions: of all, or of those named. All of them or none. Rejects with AppError endsUnavailable, endsTimeout.
 */
export interface EndsPort {
  look(
    endpoint: EventHubEndpoint,
    options: { partitionIds?: readonly string[]; timeoutInMs: number },
  ): Promise<PartitionEnd[]>;
}

/** What is stored of the watched hubs, one document each. Rejects with storageUnavailable; storageRefused where it is not valid. */
export interface WatchStorePort {
  /** `undefined` where nothing is stored yet. */
  read(hub: string): Promise<{ state: WatchState; etag: string } | undefined>;
  /** False when somebody else has written since it was read (`etag`), or created it meanwhile (no `etag`). */
  write(state: WatchState, etag: string | undefined): Promise<boolean>;
}

/** What consumers told: a bounded row for each consumer and generation. Rejects with storageUnavailable. */
export interface ProgressPort {
  list(hub: string): Promise<ConsumerProgress[]>;
  /**
   * Adds what one process told. `notSeen`: partitions whose positions the app could not hold against their ends. A position that was seen never goes
   * back; `wentBack` has the partitions whose position was left for that.
   */
  add(
    hub: string,
    told: Progress,
    at: Date,
    notSeen: readonly string[],
  ): Promise<{ wentBack: readonly string[] } | 'tooManyConsumers'>;
  /** Removes the rows of generations below this number. */
  forget(hub: string, below: number): Promise<void>;
}

/** What upkeep is asked to do: see UpkeepAction. */
export type UpkeepInput = Omit<UpkeepAction, 'kind'> & { hub: string };

/** The engine that runs the watches: Durable Functions. Nothing of what is known is kept there. Rejects with engineUnavailable. */
export interface WatchEnginePort {
  isRunning(hub: string): Promise<boolean>;
  /** Starts a watch. One that runs already stays the only one. */
  start(hub: string): Promise<void>;
  /** Makes the watch look now. */
  look(hub: string): Promise<void>;
  /** Starts upkeep beside the watch; nothing happens while an earlier one runs that is not overdue. */
  startUpkeep(input: UpkeepInput): Promise<void>;
}

/** Sends one small message as the canary device. Rejects with deviceConnectionFailed, or with what reading its key rejects with. */
export interface CanaryPort {
  send(hub: string): Promise<void>;
}
