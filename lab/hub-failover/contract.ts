/** A hub's failover to its paired region as the laboratory plays it: what moves, when, and what public sources leave open. */
import type { HubMessage } from '../hub/contract.js';

/**
 * The measured course of one failover, in milliseconds after its start at time scale 1 (a public measurement of an S3 hub: state leaves
 * `Active`; +93 s the new endpoint is in ARM; +123 s forwarding stops and devices get errors; +483 s `Active`; +552 s data flows).
 */
export interface FailoverTimeline {
  endpointChangesInMs: number;
  forwardingStopsInMs: number;
  activeInMs: number;
  dataFlowsInMs: number;
}

/** Switches of a hub failover; what is not named has its default. Each is a question that the service's public sources leave open. */
export interface HubFailoverOptions {
  /** Multiplies the timeline. 1 is real time. Default 0.1. */
  timeScale: number;
  /** Overrides single moments (before the time scale). */
  timeline: Partial<FailoverTimeline>;
  /** Forwarding stops before the endpoint changes in ARM: the two moments change places. Default false. */
  forwardingStopsFirst: boolean;
  /** The new endpoint has only `$Default`. Default true (a report by the service's staff, 2019). */
  consumerGroupsLost: boolean;
  /** Registry and twins are put back by so many minutes, 0 to 5. Default 0. Above 0 needs the laboratory's journal. */
  rollBackMinutes: number;
  /** What `properties.state` says meanwhile. Default `FailingOver`. */
  interimState: string;
  /** Device connections and new ones are left without an answer instead of being closed and refused. Default false. */
  devicesBlackHoled: boolean;
  /** listKeys and creating consumer groups get no answer until the hub is Active again. Default true. */
  managementBlocks: boolean;
  /** The second failover goes back to the first namespace. Default true; false: a third namespace. */
  failbackToOriginal: boolean;
  /** On a namespace that was seen before, sequence numbers and offsets begin again at 0. Default true; false: they go on and what was read stays. */
  offsetsRestart: boolean;
  /** How the long-running operation is polled. Default `azureAsyncOperation`. */
  polling: 'location' | 'azureAsyncOperation';
  /** Two failovers and two failbacks a day, an hour apart (each counted at its success). Default off. */
  limits: boolean;
}

/** The Event Hub-compatible endpoint of a hub at one moment. */
export interface BuiltInEndpoint {
  /** `iothub-ns-{hub}-{n}.servicebus.windows.net` */
  hostName: string;
  /** The Event Hub-compatible name (`path` in ARM). */
  eventHubName: string;
  partitionIds: readonly string[];
  retentionTimeInDays: number;
}

/** What a failover goes through, at the times of its FailoverTimeline. */
export type FailoverMoment = 'endpointChanged' | 'forwardingStopped' | 'active' | 'dataFlows';

export type FailoverRefusal = 'notActive' | 'dailyLimit' | 'tooSoon' | 'wrongRegion';

/** One failover under way or done. */
export interface FailoverOperation {
  readonly id: string;
  readonly status: 'InProgress' | 'Succeeded' | 'Failed';
  readonly startedAt: Date;
  /** What it was started with, over the defaults. */
  readonly options: Readonly<HubFailoverOptions>;
  /** When each moment came. */
  readonly moments: Readonly<Partial<Record<FailoverMoment, Date>>>;
  /** Resolves when data flows again; `status` is `Succeeded` from `active` on. Rejects when the laboratory is closed before. */
  readonly done: Promise<void>;
}

/** What ARM shows of a hub and can ask of it; the built-in endpoint and the hub's servers obey it. */
export interface HubFailover {
  readonly state: string;
  /** What ARM shows now. */
  readonly endpoint: BuiltInEndpoint;
  readonly locations: readonly { location: string; role: 'primary' | 'secondary' }[];
  readonly operation: FailoverOperation | undefined;
  /** Of any failover since the laboratory started. */
  operationOf(id: string): FailoverOperation | undefined;
  consumerGroups(): readonly string[];
  addConsumerGroup(name: string): void;
  removeConsumerGroup(name: string): void;
  /** Resolves when management calls are answered again; at once when they are not blocked. Rejects when the signal aborts. */
  managementAnswers(signal?: AbortSignal): Promise<void>;
  /** Management calls that wait for that now. */
  readonly waitingManagementCalls: number;
  /**
   * Throws FailoverRefusedError with a FailoverRefusal; RollBackError `noJournal` for `rollBackMinutes` without the laboratory's journal.
   * `options`: for this failover; what is not named is as the laboratory was started.
   */
  start(failoverRegion?: string, options?: Partial<HubFailoverOptions>): FailoverOperation;
}

/** A message that lay unread on an endpoint when that went. */
export interface LostMessage extends HubMessage {
  /** From when it was stored there until the endpoint went. A reader that had this time and did not read it is not the service's affair. */
  readonly readableForInMs: number;
}

/** One time that the hub stored telemetry in an endpoint: from the laboratory's start, or from `dataFlows`, until the next. */
export interface EndpointFeed {
  readonly hostName: string;
  /** Messages stored. */
  readonly accepted: number;
  /** When the first and the last were stored, milliseconds since 1970; absent while there is none. */
  readonly firstEnqueuedAt?: number;
  readonly lastEnqueuedAt?: number;
}

/** What became of the telemetry that the hub accepted: who of it was given to an endpoint, and what went under with one. */
export interface TelemetryLedger {
  /** Accepted by the hub and appended to an endpoint, by endpoint host name. */
  accepted: Readonly<Record<string, number>>;
  /** The same, by time: oldest first, one more with each failover. A host name that the hub comes back to is there twice. */
  feeds(): readonly EndpointFeed[];
  /**
   * Numbers (`sequence` of the fleet's messages, by device) that lay unread on an endpoint when it went, or were on their way to a reader that had not
   * taken them yet: where no reader has them, and none had the time to read them, the service has lost them.
   */
  lostWithEndpoint(): readonly LostMessage[];
}
