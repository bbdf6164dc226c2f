import type { ConsumerPosition, EventHubEndpoint } from '../consumers-document.js';

/** One look at a hub's ARM resource. `failed` is no news: neither the begin of a failover nor its end. */
export type HubReading =
  | {
      kind: 'read';
      /** `properties.state` is `Active`. Every other value means the same: not now. `undefined`: ARM showed none. */
      active: boolean | undefined;
      /** `undefined` when ARM showed none, which is no news either. */
      endpoint: EventHubEndpoint | undefined;
      partitionIds: readonly string[];
      /** The location with the role primary; a failover swaps them. */
      location: string | undefined;
    }
  | { kind: 'failed'; code: string };

/** Where the hub's gateway sends a reader of `messages/events`: the second source for the endpoint. */
export type RedirectReading = { kind: 'read'; endpoint: EventHubEndpoint } | { kind: 'failed'; code: string };

export type ToldPosition = ConsumerPosition & { toldAt: string };

/** What one consumer, by all of its processes, told of one generation. */
export interface ConsumerProgress {
  consumer: string;
  generation: number;
  /** Positions that the app's own looks at the endpoint covered when they were told. */
  partitions: readonly ToldPosition[];
  /** The last ones that no look covered, because the endpoint did not answer the app. */
  notSeen?: readonly ToldPosition[];
  first?: { enqueuedAt: string; handledAt: string };
  duplicates?: number;
}

export interface Snapshot {
  now: Date;
  arm: HubReading;
  /** Absent when it was not asked. */
  redirect?: RedirectReading;
  progress: readonly ConsumerProgress[];
}

/** All in milliseconds. */
export interface WatchTimes {
  steadyInMs: number;
  failoverInMs: number;
  verifyTimeoutInMs: number;
  drainLimitInMs: number;
}
