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

export type MessageSource = 'twinChangeEvents' | 'deviceLifecycleEvents' | 'deviceMessages';

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
  /** Verifies a service SAS token for one of the policies and the rights it needs. */
  authorizeService(sasToken: string, right: ServiceRight): void;
  setConnectionState(key: IdentityKey, connected: boolean): void;
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
  /** Each write that came in and was applied: for tests which act at the k-th write. */
  onWrite(listener: (write: { kind: 'identity' | 'twin' | 'reported'; key: IdentityKey }) => void): Unsubscribe;
}
export type PolicyName = 'iothubowner' | 'service' | 'device' | 'registryRead' | 'registryReadWrite';
export type ServiceRight = 'RegistryRead' | 'RegistryWrite' | 'ServiceConnect' | 'DeviceConnect';

// --- Faults ----------------------------------------------------------------------------------------------------------------

export type Plane = 'https' | 'amqp' | 'mqtt';
/** `stop`: the port is closed and connections are cut. `refuse`: new connections are cut. `delay`: each request waits. `status`: a share answers it. */
export interface Fault {
  hub: HubRole | 'namespace';
  plane: Plane;
  kind: 'stop' | 'refuse' | 'delay' | 'status';
  /** kind `status`: HTTP status, default 503; 429 comes with Retry-After. */
  status?: number;
  /** 0..1, default 1. Drawn from a generator seeded by `seed`. */
  share?: number;
  /** `delay`: how long each request waits (default 1000). Others: the fault ends by itself after this time (default: until removed). */
  forMs?: number;
  seed?: number;
}

/** What a server asks per request. */
export interface FaultGate {
  /** The answer to give instead, if any, after having waited what a `delay` asks. */
  before(hub: Fault['hub'], plane: Plane): Promise<{ status: number } | undefined>;
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
  close(): Promise<void>;
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
  log?: (line: string) => void;
}

export interface StorageEndpoints {
  connectionString: string;
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
}

export interface Lab extends AsyncDisposable {
  readonly description: LabDescription;
  readonly controlUrl: string;
  hub(role: HubRole): HubCore;
  readonly namespace: EventHubsNamespace;
  readonly storage: StorageEndpoints;
  /** Where Event Grid delivers: the host's base address with the system key, or undefined: nowhere yet. */
  setWebhook(webhook: Webhook | undefined): void;
  addFault(fault: Fault): { id: string };
  /** False when there is no such fault (it may have ended by itself). */
  removeFault(id: string): boolean;
  /** Resolves when every port is as the faults ask: closing and opening take a moment. */
  faultsSettled(): Promise<void>;
  /** `modules`: in total, dealt out over the devices. `seed` default 1. The same request gives the same ids, keys and twins. */
  addDevices(request: { hub: HubRole; count: number; modules?: number; prefix: string; seed?: number }): IdentityKey[];
  close(): Promise<void>;
}
export interface Webhook {
  url: string;
}
