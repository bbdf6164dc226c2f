import type { X509Certificate } from 'node:crypto';
import type { HubLimits, LimitClock, Tier, TrafficShaping } from './hub/limits/contract.js';

/**
 * What the laboratory's parts know of each other. The hub's core holds state and rules; servers (HTTPS, MQTT, AMQP) only speak
 * a protocol; routes and Event Grid carry what the core emits.
 */
export type HubRole = 'primary' | 'secondary';
export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [name: string]: Json;
}
export interface IdentityKey {
  deviceId: string;
  moduleId?: string;
}

// --- Identities and twins as the core holds them -------------------------------------------------------------------------

export interface IdentityRecord {
  deviceId: string;
  moduleId?: string;
  generationId: string;
  /** Base64 text without quotes, as the service has it ("MTIzNDU2"). */
  etag: string;
  status: 'enabled' | 'disabled';
  statusReason: string | null;
  statusUpdatedTime: string;
  connectionState: 'Connected' | 'Disconnected';
  connectionStateUpdatedTime: string;
  lastActivityTime: string;
  cloudToDeviceMessageCount: number;
  authentication: {
    type: 'sas' | 'selfSigned' | 'certificateAuthority' | 'none';
    symmetricKey: { primaryKey: string | null; secondaryKey: string | null };
    x509Thumbprint: { primaryThumbprint: string | null; secondaryThumbprint: string | null };
  };
  capabilities: { iotEdge: boolean };
  deviceScope?: string;
  parentScopes?: string[];
  managedBy?: string | null;
}

/** A twin in the service's own form: `$metadata` and `$version` inside the sections. */
export interface TwinRecord {
  deviceId: string;
  moduleId?: string;
  etag: string;
  version: number;
  tags: JsonObject;
  desired: JsonObject;
  reported: JsonObject;
}

/** A refusal of the service: HTTP status, six-digit code, its name ("DeviceNotFound"). Thrown by the core, worded by each protocol. */
export interface HubErrorShape extends Error {
  readonly status: number;
  readonly code: number;
  readonly errorName: string;
}

// --- What the core emits --------------------------------------------------------------------------------------------------

export type MessageSource =
  'twinChangeEvents' | 'deviceLifecycleEvents' | 'deviceConnectionStateEvents' | 'deviceMessages';

/** A message as it goes onto a route: IoT Hub, "non-telemetry event schemas". */
export interface HubMessage {
  source: MessageSource;
  deviceId: string;
  moduleId?: string;
  body: Buffer;
  contentType?: string;
  contentEncoding?: string;
  correlationId?: string;
  userId?: string;
  applicationProperties: Record<string, string>;
  /** iothub-connection-device-id, iothub-connection-module-id, iothub-enqueuedtime (ms), iothub-message-source. */
  annotations: Record<string, string | number>;
}

/** A device's create or delete as Event Grid tells it (modules raise none). */
export interface LifecycleNotice {
  kind: 'created' | 'deleted';
  deviceId: string;
  at: Date;
}

export type Unsubscribe = () => void;

// --- The core --------------------------------------------------------------------------------------------------------------

/** Synchronous and in memory: every operation is atomic. Throws HubErrorShape. */
export interface HubCore {
  readonly role: HubRole;
  /** First label of the host name: `hubName` in events. */
  readonly name: string;
  readonly hostName: string;
  /** `HostName=...;SharedAccessKeyName=iothubowner;SharedAccessKey=...` */
  readonly connectionString: string;
  /** The same for another of the hub's shared access policies. */
  connectionStringOf(policy: PolicyName): string;

  getIdentity(key: IdentityKey): IdentityRecord;
  /** `twin`: what the twin is created with (bulk create); default empty. */
  createIdentity(
    key: IdentityKey,
    body: JsonObject,
    twin?: { tags?: JsonObject; desired?: JsonObject },
  ): IdentityRecord;
  /** `ifMatch` as in the header: quoted ETag or `*`. */
  updateIdentity(key: IdentityKey, body: JsonObject, ifMatch: string): IdentityRecord;
  deleteIdentity(key: IdentityKey, ifMatch: string): void;
  listDevices(top?: number): IdentityRecord[];
  /** Devices with their twins in the order of ids: `count` of them after the id `after`. */
  pageOfDevices(after: string | undefined, count: number): { identity: IdentityRecord; twin: TwinRecord }[];
  listModules(deviceId: string): IdentityRecord[];
  statistics(): { totalDeviceCount: number; enabledDeviceCount: number; disabledDeviceCount: number };
  /** Everything, for comparison and reports: devices and modules with their twins. */
  snapshot(): { identity: IdentityRecord; twin: TwinRecord }[];

  getTwin(key: IdentityKey): TwinRecord;
  patchTwin(key: IdentityKey, patch: { tags?: JsonObject; desired?: JsonObject }, ifMatch?: string): TwinRecord;
  replaceTwin(key: IdentityKey, body: { tags?: JsonObject; desired?: JsonObject }, ifMatch?: string): TwinRecord;
  /** The device's side: merge patch of reported; returns the new `$version`. */
  patchReported(key: IdentityKey, patch: JsonObject): number;

  /** Verifies a device SAS token (scope, expiry, signature, enabled). Throws: device not found, unauthorized, disabled. */
  authenticateDevice(key: IdentityKey, sasToken: string): void;
  /** The same by the client certificate of a TLS connection, its issuers behind it as the device sent them. */
  authenticateCertificate(key: IdentityKey, chain: readonly X509Certificate[]): void;
  /** Registers a verified CA certificate (PEM) for devices of type `certificateAuthority`. Throws 400004 when it is none. */
  addCertificateAuthority(pem: string): void;
  /** Verifies an Authorization header: a service SAS token of a policy that has the right, or `Bearer` and a token of the lab's Entra. */
  authorizeService(authorization: string, right: ServiceRight): void;
  setConnectionState(key: IdentityKey, connected: boolean): void;
  /** The identity asked for cloud-to-device messages: from now on its connection state is told, as after telemetry. */
  startReceiving(key: IdentityKey): void;
  /** The periodic snapshot: emits one deviceConnectionStateEvents message for each identity whose state changed since the last. */
  tellConnectionStates(): void;
  /**
   * Telemetry that the hub has accepted: emitted as a deviceMessages HubMessage. `systemProperties` by their names in IoT Hub routing:
   * messageId, correlationId, userId, contentType, contentEncoding, creationTimeUtc.
   */
  acceptTelemetry(
    key: IdentityKey,
    body: Buffer,
    systemProperties: Record<string, string>,
    properties: Record<string, string>,
  ): void;

  onMessage(listener: (message: HubMessage) => void): Unsubscribe;
  onLifecycle(listener: (notice: LifecycleNotice) => void): Unsubscribe;
  /** A desired change for a connected device: the patch with `$version`. */
  onDesired(listener: (key: IdentityKey, patch: JsonObject) => void): Unsubscribe;
  /** The identity was disabled or deleted, or its keys changed: its connections must go. */
  onRevoked(listener: (key: IdentityKey) => void): Unsubscribe;
  /** Throttles and daily quota. Protocol servers ask them; calls of this core itself pass them by. */
  readonly limits: HubLimits;
  /** Each write that came in and was applied: for tests which act at the k-th write. */
  onWrite(listener: (write: { kind: 'identity' | 'twin' | 'reported'; key: IdentityKey }) => void): Unsubscribe;
}
export type PolicyName = 'iothubowner' | 'service' | 'device' | 'registryRead' | 'registryReadWrite';
/** A bearer token of Microsoft Entra: when it expires, in seconds since 1970; undefined when it is not good for this audience now. */
export type VerifyBearer = (token: string, audience: string) => number | undefined;
export type ServiceRight = 'RegistryRead' | 'RegistryWrite' | 'ServiceConnect' | 'DeviceConnect';

export type * from './hub/limits/contract.js';
/** The same for both hubs, or for the ones that are named. */
export type PerHub<T extends string | number> = T | Partial<Record<HubRole, T>>;

// --- Faults ----------------------------------------------------------------------------------------------------------------

export type Plane = 'https' | 'amqp' | 'mqtt' | StoragePlane;
export type StoragePlane = 'blob' | 'queue' | 'table';
/**
 * On every plane: `stop`: the port is closed and connections are cut. `refuse`: new connections are cut. `blackHole`: connections stay open, new
 * ones are accepted, and no byte passes. `slow`: bytes trickle. `reset`: connections are cut in the middle of an answer.
 * Not on storage: `delay`: each request waits. `status`: a share answers it. `throttle`: a share answers 429 with Retry-After.
 * On https only: `half`: half of an answer's body, then the end; what was asked is done, as with `reset`. `wrongType` (an HTML page) and
 * `empty`: something else answers in the hub's place, with success, and nothing is done.
 */
export type FaultKind =
  'stop' | 'refuse' | 'blackHole' | 'slow' | 'reset' | 'delay' | 'status' | 'throttle' | 'half' | 'wrongType' | 'empty';
export interface Fault {
  hub: HubRole | 'namespace' | 'storage';
  plane: Plane;
  kind: FaultKind;
  /** kind `status`: HTTP status, default 503; 429 comes with Retry-After. kind `empty`: 200 (default) or 204. */
  status?: number;
  /** 0..1, default 1. Drawn from a generator seeded by `seed`, for each request or, where there are none to see, for each piece of an answer. */
  share?: number;
  /** `slow`: in each direction of each connection, default 1000. */
  bytesPerSecond?: number;
  /** `delay`: how long each request waits (default 1000). Others: the fault ends by itself after this time (default: until removed). */
  forMs?: number;
  seed?: number;
}

/** The answer that a fault gives instead of the server; `instead`: with this body in place of the hub's own words. */
export interface FaultAnswer {
  status: number;
  instead?: 'html' | 'nothing';
}

/** What a server asks per request. */
export interface FaultGate {
  /** The answer to give instead, if any, after having waited what a `delay` asks. */
  before(hub: Fault['hub'], plane: Plane): Promise<FaultAnswer | undefined>;
  /** How to break the answer to what has been done. Absent: never. */
  damage?(hub: Fault['hub'], plane: Plane): 'half' | 'reset' | undefined;
}

/** A port whose outage can be played. */
export interface ControllableListener {
  readonly port: number;
  /** Closes the port and cuts every connection. */
  stop(): Promise<void>;
  /** Opens the same port again. */
  resume(): Promise<void>;
  /** While true new connections are cut at once. */
  setRefusing(refusing: boolean): void;
  /** What happens to the bytes that pass. Absent: this port cannot play it. */
  setShape?(shape: WireShape): void;
  close(): Promise<void>;
}

/** How bytes pass a port, on present connections and new ones. `{}`: freely. */
export interface WireShape {
  blackHole?: boolean;
  bytesPerSecond?: number;
  /** Asked for each piece of an answer: true cuts its connection in the middle of it. */
  cut?: () => boolean;
}

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

/** ARM, "Get Endpoint Health"; `dead` once messages have been given up after the retry period. */
export interface EndpointHealth {
  eventHub: string;
  status: 'healthy' | 'unhealthy' | 'dead' | 'unknown';
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
