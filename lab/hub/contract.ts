/** A hub of the laboratory: what its core holds, decides and emits. Servers only speak a protocol. */
import type { X509Certificate } from 'node:crypto';
import type { HubLimits } from './limits/contract.js';

export type HubRole = 'primary' | 'secondary';
/** A number as it was written, where JavaScript would write another text: 21.0, 1E+20. Made by `JSON.rawJSON`. */
export interface NumberText {
  readonly rawJSON: string;
}
export type Json = null | boolean | number | string | NumberText | Json[] | JsonObject;
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

/** By their names in IoT Hub routing. Only messageId and correlationId may be something else than text. */
export type SystemProperties = Readonly<Record<string, MessageId>>;

/** As it was sent (AMQP 1.0, part 3, 3.2.11 to 3.2.14): text, a ulong, the 16 bytes of a uuid, or binary of another length. */
export type MessageId = string | number | Buffer;

/** By what a connection is the identity's: a key of its own, a shared access policy, or a certificate. */
export type Proof = 'key' | 'policy' | 'certificate';

/** A message as it goes onto a route: IoT Hub, "non-telemetry event schemas". */
export interface HubMessage {
  source: MessageSource;
  deviceId: string;
  moduleId?: string;
  body: Buffer;
  /** As the device set it. */
  messageId?: MessageId;
  contentType?: string;
  contentEncoding?: string;
  correlationId?: MessageId;
  userId?: string;
  applicationProperties: Record<string, string>;
  /** iothub-connection-device-id, -module-id, -auth-method, iothub-enqueuedtime (ms), iothub-message-source, ... */
  annotations: Record<string, string | number>;
}

/** A device's create or delete as Event Grid tells it; a module's under its device's id, and only with `moduleEventsInEventGrid`. */
export interface LifecycleNotice {
  kind: 'created' | 'deleted';
  deviceId: string;
  at: Date;
}

export type Unsubscribe = () => void;

// --- What public sources leave open ----------------------------------------------------------------------------------------

/** Questions on the service that its public sources do not answer, one switch each: what depends on them must hold both ways. */
export interface Unsettled {
  /**
   * Does the end of a device tell of its modules on the route, by a deleteDeviceIdentity message each, and does it come before the
   * device's own or after it? Default false: they go silently.
   */
  moduleDeletesToldWithDevice: false | 'before' | 'after';
  /** Do an Edge device's `$edgeAgent` and `$edgeHub` raise lifecycle messages of their own? Default true. */
  systemModulesTold: boolean;
  /** Do modules raise DeviceCreated and DeviceDeleted in Event Grid too, under their device's id? Default false. */
  moduleEventsInEventGrid: boolean;
  /** Does a bulk create honour `properties.reported`? Default false: it is ignored. */
  reportedInBulkCreate: boolean;
  /** Does a 429 over HTTPS carry Retry-After? Default false (a record of a live hub: mwalser/terraform-provider-iothub). */
  retryAfterOn429: boolean;
  /** Is a self-signed certificate refused once it has expired, though its thumbprint is registered? Default false. */
  expiredThumbprintRefused: boolean;
  /** Does the bulk form, too, refuse an update of an Edge device without its own `deviceScope`? Default true. */
  edgeScopeRefusedInBulk: boolean;
  /**
   * Are calls about module identities of a device that is missing or disabled answered 401002, where the caller has a shared access
   * policy? With a token of Microsoft Entra they never are. Default true.
   */
  moduleUnauthorizedWithoutDevice: boolean;
  /**
   * Are refusals of module identity calls `{errorCode, message, trackingId, timestampUtc}`? Default true (a record of a live hub, 2026);
   * recordings of 2021 have the form of all other refusals.
   */
  moduleErrorsInSecondEnvelope: boolean;
  /**
   * Do reads write times with seven fractional digits, `0001-01-01T00:00:00.0000000Z`? Default true (a record of a live hub, 2026);
   * recordings of 2021 have as many as needed, and no zone where a create answers "never".
   */
  timesPadded: boolean;
  /**
   * Is a number with a fraction or an exponent a double whatever its value, kept as it is written? If not, one whose value is whole and
   * beyond the integers' range (1E+20) is refused like an integer. Default true.
   */
  largeDoublesTaken: boolean;
  /** After how long do queries find what was written? Default 1,400 ms (a record of a live hub, 2026); recordings of 2021 took 2 to 5 s. */
  queriesLagInMs: number;
  /** How long do queries still find a deleted device? Default 0: as long as they lag. A record of a live hub has one after 25 minutes. */
  deletedInQueriesForInMs: number;
  /**
   * Does the device host name answer the service API, and the service host name devices? Default false: "Don't use the service endpoint for
   * device connections" ("Azure IoT Hub TLS support").
   */
  otherHostNamesServeAll: boolean;
}

/** How an update of an identity comes: by its own address, or as an item of a bulk call. */
export type UpdateForm = 'put' | 'bulk';

/** Which editions a hub belongs to. Basic ones have no twins and no modules ("Choose the right IoT Hub tier and size"). */
export type Editions = 'standard' | 'basic';

// --- The core --------------------------------------------------------------------------------------------------------------

/** Synchronous and in memory: every operation is atomic. Throws HubErrorShape. */
export interface HubCore {
  readonly role: HubRole;
  /** First label of the host name: `hubName` in events. */
  readonly name: string;
  readonly hostName: string;
  /** `{name}.device.azure-devices.net`, `{name}.service.azure-devices.net`: "Azure IoT Hub TLS support", for devices and for back ends. */
  readonly deviceHostName: string;
  readonly serviceHostName: string;
  /** `HostName=...;SharedAccessKeyName=iothubowner;SharedAccessKey=...` */
  readonly connectionString: string;
  /** The same for another of the hub's shared access policies. */
  connectionStringOf(policy: PolicyName): string;
  /** Names, rights and keys (base64) of all of them, as listKeys has them. */
  sharedAccessPolicies(): SharedAccessPolicy[];

  getIdentity(key: IdentityKey): IdentityRecord;
  /** `twin`: what the twin is created with (bulk create); default empty. `reported` counts only with `reportedInBulkCreate`. */
  createIdentity(
    key: IdentityKey,
    body: JsonObject,
    twin?: { tags?: JsonObject; desired?: JsonObject; reported?: JsonObject },
  ): IdentityRecord;
  /** `ifMatch` as in the header: quoted ETag or `*`. `form` default: `put`. */
  updateIdentity(key: IdentityKey, body: JsonObject, ifMatch: string, form?: UpdateForm): IdentityRecord;
  deleteIdentity(key: IdentityKey, ifMatch: string): void;
  listDevices(top?: number): IdentityRecord[];
  /** What queries find of devices or of modules, in the order of ids: the hub as it was a moment ago. */
  indexed(kind: 'devices' | 'devices.modules'): Iterable<{ identity: IdentityRecord; twin: TwinRecord }>;
  listModules(deviceId: string): IdentityRecord[];
  statistics(): { totalDeviceCount: number; enabledDeviceCount: number; disabledDeviceCount: number };
  /** Everything, for comparison and reports: devices and modules with their twins. */
  snapshot(): { identity: IdentityRecord; twin: TwinRecord }[];

  getTwin(key: IdentityKey): TwinRecord;
  /** Null for a section removes all that it holds. */
  patchTwin(
    key: IdentityKey,
    patch: { tags?: JsonObject | null; desired?: JsonObject | null },
    ifMatch?: string,
  ): TwinRecord;
  replaceTwin(key: IdentityKey, body: { tags?: JsonObject; desired?: JsonObject }, ifMatch?: string): TwinRecord;
  /** The device's side: merge patch of reported; returns the new `$version`. */
  patchReported(key: IdentityKey, patch: JsonObject): number;

  /** Verifies a device SAS token (scope, expiry, signature, enabled). Throws: device not found, unauthorized, disabled. */
  authenticateDevice(key: IdentityKey, sasToken: string): Proof;
  /** The same by the client certificate of a TLS connection, its issuers behind it as the device sent them. */
  authenticateCertificate(key: IdentityKey, chain: readonly X509Certificate[]): Proof;
  /** Registers a verified CA certificate (PEM) for devices of type `certificateAuthority`. Throws 400004 when it is none. */
  addCertificateAuthority(pem: string): void;
  /** Verifies an Authorization header: a service SAS token of a policy that has the right, or `Bearer` and a token of the lab's Entra. */
  authorizeService(authorization: string, right: ServiceRight): void;
  /** Whether this is a token of the policy, for the hub or its `messages/events`, and the policy has ServiceConnect. */
  authorizeEventsReader(policy: string, sasToken: string): boolean;
  setConnectionState(key: IdentityKey, connected: boolean): void;
  /** The identity asked for cloud-to-device messages: from now on its connection state is told, as after telemetry. */
  startReceiving(key: IdentityKey): void;
  /** The periodic snapshot: emits one deviceConnectionStateEvents message for each identity whose state changed since the last. */
  tellConnectionStates(): void;
  /**
   * Telemetry that the hub has accepted: emitted as a deviceMessages HubMessage. `systemProperties` by their names in IoT Hub routing:
   * messageId, correlationId, userId, contentType, contentEncoding, creationTimeUtc. `proof` default: `key`.
   */
  acceptTelemetry(
    key: IdentityKey,
    body: Buffer,
    systemProperties: SystemProperties,
    properties: Record<string, string>,
    proof?: Proof,
  ): void;

  onMessage(listener: (message: HubMessage) => void): Unsubscribe;
  onLifecycle(listener: (notice: LifecycleNotice) => void): Unsubscribe;
  /** A desired change for a connected device: the patch with `$version`. */
  onDesired(listener: (key: IdentityKey, patch: JsonObject) => void): Unsubscribe;
  /** The identity was disabled or deleted, or its keys changed: its connections must go. */
  onRevoked(listener: (key: IdentityKey) => void): Unsubscribe;
  /** Throttles and daily quota. Protocol servers ask them; calls of this core itself pass them by. */
  readonly limits: HubLimits;
  readonly editions: Editions;
  /** How this hub has it where public sources leave it open. */
  readonly unsettled: Readonly<Unsettled>;
  /** Each write that came in and was applied: for tests which act at the k-th write. */
  onWrite(listener: (write: { kind: 'identity' | 'twin' | 'reported'; key: IdentityKey }) => void): Unsubscribe;
}
export type PolicyName = 'iothubowner' | 'service' | 'device' | 'registryRead' | 'registryReadWrite';
export interface SharedAccessPolicy {
  name: PolicyName;
  rights: readonly ServiceRight[];
  primaryKey: string;
  secondaryKey: string;
}
/** A bearer token of Microsoft Entra: when it expires, in seconds since 1970; undefined when it is not good for this audience now. */
export type VerifyBearer = (token: string, audience: string) => number | undefined;
export type ServiceRight = 'RegistryRead' | 'RegistryWrite' | 'ServiceConnect' | 'DeviceConnect';

/** The same for both hubs, or for the ones that are named. */
export type PerHub<T extends string | number> = T | Partial<Record<HubRole, T>>;
