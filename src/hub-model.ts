/** The vocabulary that every room shares: what a hub holds. Types only, and the pure functions that belong to them. */

/** The part a hub plays by configuration. It never changes; which hub is active does. */
export const hubRoles = ['primary', 'secondary'] as const;
export type HubRole = (typeof hubRoles)[number];

export const otherRole = (role: HubRole): HubRole => (role === 'primary' ? 'secondary' : 'primary');

/** A device, or one of its modules. Ids are case-sensitive, 1 to 128 characters. */
export interface IdentityKey {
  deviceId: string;
  moduleId?: string;
}

/** `/` is in no id, so the text is unique. */
export const keyText = (key: IdentityKey): string =>
  key.moduleId === undefined ? key.deviceId : `${key.deviceId}/${key.moduleId}`;

/**
 * A number whose text JavaScript would change (21.0, 1E+20, 9007199254740993). It is frozen, `JSON.stringify` writes it as it was, and
 * `structuredClone` refuses it. Made by src/number-text.ts (docs/decisions/0012).
 */
export interface NumberText {
  readonly rawJSON: string;
}
export type JsonValue = null | boolean | number | string | NumberText | JsonValue[] | JsonObject;
export interface JsonObject {
  [name: string]: JsonValue;
}

export interface Authentication {
  type: 'sas' | 'selfSigned' | 'certificateAuthority' | 'none';
  symmetricKey?: { primaryKey: string | null; secondaryKey: string | null };
  x509Thumbprint?: { primaryThumbprint: string | null; secondaryThumbprint: string | null };
}

/** A device or module identity. `status`, `statusReason` and `iotEdge` exist on devices only. */
export interface Identity {
  key: IdentityKey;
  /** A new life of the same id has another one. Not copyable. */
  generationId: string;
  etag: string;
  authentication: Authentication;
  status?: 'enabled' | 'disabled';
  statusReason?: string;
  iotEdge?: boolean;
  /** Modules only. */
  managedBy?: string;
  /** Devices only, opaque: an Edge device's own scope, or that of a leaf's parent. Of ONE hub, so never copied to another. */
  deviceScope?: string;
  /** Devices only, opaque: the scopes of the parents. Never copied to another hub. */
  parentScopes?: string[];
  /** Of a connection as this identity, as the hub last saw it. */
  connectionState?: 'Connected' | 'Disconnected';
  /** When `connectionState` last changed. Absent: never. */
  connectionStateUpdatedTime?: Date;
  /** When the identity last connected, sent or received. Absent: never. */
  lastActivityTime?: Date;
}

/**
 * What of an identity is written. The scopes are the target's own, on an update only: "Create Or Update Identity" takes away what
 * does not come along.
 */
export type IdentityContent = Omit<
  Identity,
  'generationId' | 'etag' | 'connectionState' | 'connectionStateUpdatedTime' | 'lastActivityTime'
>;

/** What ties a device to others of its own hub, as far as it is set. */
export const scopesOf = ({
  deviceScope,
  parentScopes,
}: {
  deviceScope?: string | undefined;
  parentScopes?: string[] | undefined;
}): Pick<Identity, 'deviceScope' | 'parentScopes'> => ({
  ...(deviceScope !== undefined && { deviceScope }),
  ...(parentScopes !== undefined && parentScopes.length > 0 && { parentScopes }),
});

/** A twin without the service's `$`-fields, at every depth. */
export interface Twin {
  key: IdentityKey;
  etag: string;
  version: number;
  tags: JsonObject;
  desired: JsonObject;
  reported: JsonObject;
  /** Of its identity, as of the same moment. Absent where the hub does not tell. */
  identityEtag?: string;
  isConnected?: boolean;
}

/** Merge patches (RFC 7396): null removes. An absent section is left alone. */
export interface TwinPatch {
  tags?: JsonObject;
  desired?: JsonObject;
}
