import type { IdentityRecord, JsonObject, TwinRecord } from '../../contracts.js';

const withoutKeys = (identity: IdentityRecord): IdentityRecord => ({
  ...identity,
  authentication: { ...identity.authentication, symmetricKey: { primaryKey: null, secondaryKey: null } },
});

const scopesOf = ({ deviceScope, parentScopes }: IdentityRecord) => ({
  ...(deviceScope === undefined ? {} : { deviceScope }),
  ...(parentScopes === undefined ? {} : { parentScopes }),
});

/** `Device` or `Module` of the REST API: modules have no status, reason or capabilities. */
export function identityDocument(identity: IdentityRecord) {
  const common = {
    deviceId: identity.deviceId,
    generationId: identity.generationId,
    etag: identity.etag,
    connectionState: identity.connectionState,
    connectionStateUpdatedTime: identity.connectionStateUpdatedTime,
    lastActivityTime: identity.lastActivityTime,
    cloudToDeviceMessageCount: identity.cloudToDeviceMessageCount,
    authentication: identity.authentication,
  };
  if (identity.moduleId !== undefined) {
    return { moduleId: identity.moduleId, managedBy: identity.managedBy ?? null, ...common };
  }
  return {
    ...common,
    status: identity.status,
    statusReason: identity.statusReason,
    statusUpdatedTime: identity.statusUpdatedTime,
    capabilities: identity.capabilities,
    ...scopesOf(identity),
  };
}

/** Lists don't give keys away. */
export const listedDocument = (identity: IdentityRecord) => identityDocument(withoutKeys(identity));

/** `Twin` of the REST API: with a digest of the identity, without its generationId. */
export function twinDocument(identity: IdentityRecord, twin: TwinRecord): JsonObject {
  return {
    deviceId: twin.deviceId,
    ...(twin.moduleId === undefined ? {} : { moduleId: twin.moduleId }),
    etag: twin.etag,
    deviceEtag: identity.etag,
    status: identity.status,
    statusReason: identity.statusReason,
    statusUpdateTime: identity.statusUpdatedTime,
    connectionState: identity.connectionState,
    lastActivityTime: identity.lastActivityTime,
    cloudToDeviceMessageCount: identity.cloudToDeviceMessageCount,
    authenticationType: identity.authentication.type,
    x509Thumbprint: identity.authentication.x509Thumbprint,
    modelId: '',
    version: twin.version,
    tags: twin.tags,
    properties: { desired: twin.desired, reported: twin.reported },
    ...(twin.moduleId === undefined ? { capabilities: identity.capabilities, ...scopesOf(identity) } : {}),
  };
}
