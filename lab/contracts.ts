/**
 * What the laboratory's parts know of each other. The hub's core holds state and rules; servers (HTTPS, MQTT, AMQP) only speak
 * a protocol; routes and Event Grid carry what the core emits.
 */
import type { ControllableListener, Fault, StoragePlane } from './faults/contract.js';
import type {
  HubCore,
  HubMessage,
  HubRole,
  IdentityKey,
  MessageSource,
  PerHub,
  Unsettled,
  Editions,
  Unsubscribe,
} from './hub/contract.js';
import type { HubFailover, HubFailoverOptions, TelemetryLedger } from './hub-failover/contract.js';
import type { LimitClock, Tier, TrafficShaping } from './hub/limits/contract.js';
export type * from './faults/contract.js';
export type * from './hub/contract.js';
export type * from './hub/limits/contract.js';
export type * from './hub-failover/contract.js';

// --- The namespace -----------------------------------------------------------------------------------------------------------

/** An Event Hubs namespace over AMQP. */
export interface EventHubsNamespace extends ControllableListener {
  /** Emulator form: `Endpoint=sb://127.0.0.1:PORT;SharedAccessKeyName=...;SharedAccessKey=...;UseDevelopmentEmulator=true` */
  readonly connectionString: string;
  createEventHub(name: string, options?: { partitions?: number; consumerGroups?: string[] }): void;
  /** Appends one message; `partitionKey` decides the partition, always the same for one key. Returns its position. */
  append(eventHub: string, partitionKey: string, message: HubMessage): { partitionId: string; sequenceNumber: number };
  /** False between stop and resume: whoever fills the namespace from outside AMQP (the hubs' routes) has to wait. */
  readonly running: boolean;
  /** Called each time the namespace is there again. */
  onResume(listener: () => void): Unsubscribe;
  partitions(eventHub: string): { partitionId: string; lastSequenceNumber: number; length: number }[];
}

// --- Routes ------------------------------------------------------------------------------------------------------------------

/** A message route of a hub to an event hub of the namespace. */
export interface MessageRoute {
  source: MessageSource;
  eventHub: string;
}

/** One notification for several changes of one twin: the first `freely` of a window are told one by one, the rest when it ends. */
export interface CoalesceOptions {
  /** Default 1. */
  freely?: number;
  /** Begins with the first change. Default 1000. */
  windowInMs?: number;
}

/**
 * ARM, "Get Endpoint Health"; `dead` once messages have been given up after the retry period, `degraded` while an endpoint recovers: what had
 * waited has gone through, and nothing new since.
 */
export interface EndpointHealth {
  eventHub: string;
  status: 'healthy' | 'degraded' | 'unhealthy' | 'dead' | 'unknown';
  /** Messages that wait for the endpoint. */
  waiting: number;
  /** Messages given up since the laboratory started. */
  expired: number;
  lastSuccessfulSendAttemptTime?: Date;
  lastSendAttemptTime?: Date;
}

// --- The laboratory as a whole -------------------------------------------------------------------------------------------

export interface LabOptions {
  /** Port of the control API. 0: a free one. */
  port?: number;
  /** 0: a free one; undefined: 5672 when it is free, else a free one. */
  eventHubsPort?: number;
  /** The host's base address, `http://127.0.0.1:7071`: Event Grid delivers there. Can be set later. */
  webhook?: string;
  partitions?: number;
  /** Give an existing Azurite instead of starting one. */
  storage?: StorageEndpoints;
  /** Stretch of the Event Grid's retry ladder: 1 is real time. Default 0.01. */
  eventGridTimeScale?: number;
  eventGrid?: EventGridDelivery;
  /** Routes of both hubs beside the app's own; event hubs which they name are made. */
  routes?: readonly (MessageRoute & { hub: HubRole })[];
  /** How long a message waits for its endpoint before it is given up. Default: an hour, as in the service. */
  routeExpiryInMs?: number;
  /** Twin changes of both hubs are coalesced when they come fast. Default: each is told. */
  coalesce?: CoalesceOptions;
  /** Between two snapshots of connection states, where a route carries them. Default: a minute, as in the service. */
  connectionStateIntervalInMs?: number;
  /** Keeps what each hub held in the last hour, for `rollBack`. Default false. */
  journal?: boolean;
  log?: (line: string) => void;
  /** Throttles and daily quota as of this edition. Default off. */
  tier?: PerHub<Tier>;
  /** Units of each hub. Default 1. */
  units?: PerHub<number>;
  /** Messages a day, instead of the tier's quota (with `off`: no quota). */
  dailyMessages?: PerHub<number>;
  shaping?: Partial<TrafficShaping>;
  limitClock?: LimitClock;
  /** Both hubs, where public sources leave the service's behaviour open. What is not named has its default. */
  unsettled?: Partial<Unsettled>;
  /** Default `standard`. */
  editions?: PerHub<Editions>;
  /** How hubs fail over to their paired region, unless a failover says otherwise; for both, or for the one that is named. */
  hubFailover?: Partial<HubFailoverOptions> | Partial<Record<HubRole, Partial<HubFailoverOptions>>>;
  /** Partitions of each hub's built-in endpoint. Default 4. */
  builtInPartitions?: number;
  /** Clock of the limits on failovers. Default: the machine's. */
  failoverClock?: () => Date;
}

/** What the documents of Event Grid allow at any time: no order, at least once, ids that repeat. All off by default. */
export interface EventGridDisturbance {
  /** Share of events that are delivered twice. */
  duplicate?: number;
  /** Share of events that carry the id of the event before. */
  sameId?: number;
  /** Each event waits a random time up to this. */
  delayInMs?: number;
  /** The events of each `delayInMs` (default 100) are delivered newest first. */
  reorder?: boolean;
}

/** The event subscription: its schema, retry policy and dead-letter location. */
export interface EventGridDelivery {
  /** Default `eventGrid`. */
  schema?: 'eventGrid' | 'cloudEvents';
  /** Default 30. */
  maxAttempts?: number;
  /** Before the time scale; default 1440. */
  timeToLiveInMinutes?: number;
  /** Events that are given up go to the blob container `event-grid-dead-letters`. Default false: they are dropped. */
  deadLetter?: boolean;
  disturbance?: EventGridDisturbance;
}

export interface StorageEndpoints {
  connectionString: string;
  /** The ports before its services. Absent: faults cannot be played on it. */
  readonly doors?: Readonly<Record<StoragePlane, ControllableListener>>;
  close(): Promise<void>;
}

/** What `GET /lab` answers. */
export interface LabDescription {
  hubs: { role: HubRole; hostName: string; connectionString: string; endpoints: Record<string, string> }[];
  eventHubs: { connectionString: string; names: string[] };
  storage: { connectionString: string };
  /** PEM of the lab's CA, for NODE_EXTRA_CA_CERTS. */
  caFile: string;
  /** The host map preload, for `node --require`. */
  preload: string;
  /** Environment that makes any Node process reach the lab. */
  env: Record<string, string>;
  /** Values for local.settings.json. */
  settings: Record<string, string>;
  /** IDENTITY_ENDPOINT and IDENTITY_HEADER of the managed identity. Not in `env`: there it would hide a developer's own sign-in. */
  identityEnv: Record<string, string>;
  arm: ArmDescription;
}

/** Azure Resource Manager as the laboratory's hubs see it. */
export interface ArmDescription {
  /** `https://management.azure.com`, by the host map; of several laboratories in one process the last one has the name. */
  endpoint: string;
  /** `127.0.0.1:PORT` of this laboratory's. Tokens are for `endpoint` all the same. */
  address: string;
  subscriptionId: string;
  resourceGroup: string;
}

export interface Lab extends AsyncDisposable {
  readonly description: LabDescription;
  readonly controlUrl: string;
  hub(role: HubRole): HubCore;
  readonly namespace: EventHubsNamespace;
  readonly storage: StorageEndpoints;
  /** Where Event Grid delivers: the host's base address with the system key, or undefined: nowhere yet. */
  setWebhook(webhook: Webhook | undefined): void;
  /** Plays duplicates, delays and disorder of Event Grid from now on; what is not named stays. */
  disturbEventGrid(change: EventGridDisturbance): void;
  addFault(fault: Fault): { id: string };
  /** False when there is no such fault (it may have ended by itself). */
  removeFault(id: string): boolean;
  /** Sets a hub's clock ahead (positive) or behind: tokens are judged and times are written by it. 0: the machine's time. */
  setClockSkew(role: HubRole, skewInMs: number): void;
  /**
   * Puts a hub's identities and twins back to what they were `minutes` ago (at most the 60 that are kept), ETags and versions included, without an event, and
   * cuts its devices' connections: what a hub failover to the paired region may do. Throws `noJournal` without the option `journal`.
   */
  rollBack(role: HubRole, minutes: number): void;
  /** The failover of a hub to its paired region, and what ARM shows of it. */
  failover(role: HubRole): HubFailover;
  readonly arm: ArmDescription & { resourceId(role: HubRole): string };
  /** What became of the telemetry on a hub's built-in endpoint. */
  telemetry(role: HubRole): TelemetryLedger;
  /** Resolves when every port is as the faults ask: closing and opening take a moment. */
  faultsSettled(): Promise<void>;
  /** How the endpoints of a hub's routes are, in the order of their first route. */
  endpointHealth(role: HubRole): EndpointHealth[];
  /** `modules`: in total, dealt out over the devices. `seed` default 1. The same request gives the same ids, keys and twins. */
  addDevices(request: { hub: HubRole; count: number; modules?: number; prefix: string; seed?: number }): IdentityKey[];
  close(): Promise<void>;
}
export interface Webhook {
  url: string;
}
