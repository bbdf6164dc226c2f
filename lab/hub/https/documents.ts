import type { IdentityRecord, JsonObject, TwinRecord } from '../../contracts.js';
import type { Times } from './times.js';

const withoutKeys = (identity: IdentityRecord): IdentityRecord => ({
  ...identity,
  authentication: { ...identity.authentication, symmetricKey: { primaryKey: null, secondaryKey: null } },
});

const scopesOf = ({ deviceScope, parentScopes }: IdentityRecord) => ({
  ...(deviceScope === undefined ? {} : { deviceScope }),
  ...(parentScopes === undefined ? {} : { parentScopes }),
});

/** `Device` or `Module` of the REST API: modules have no status, reason or capabilities. */
export function identityDocument(identity: IdentityRecord, times: Times) {
  const common = {
    deviceId: identity.deviceId,
    generationId: identity.generationId,
    etag: identity.etag,
    connectionState: identity.connectionState,
    connectionStateUpdatedTime: times(identity.connectionStateUpdatedTime),
    lastActivityTime: times(identity.lastActivityTime),
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
    statusUpdatedTime: times(identity.statusUpdatedTime),
    capabilities: identity.capabilities,
    ...scopesOf(identity),
  };
}

/** Lists don't give keys away. */
export const listedDocument = (identity: IdentityRecord, times: Times) =>
  identityDocument(withoutKeys(identity), times);

/**
 * `Twin` of the REST API: with a digest of the identity, without its generationId. Empty tags, no reason and no model id are left out
 * (recordings of Azure.IoT.Hub.Service). Devices of the laboratory name no model.
 */
export function twinDocument(identity: IdentityRecord, twin: TwinRecord, times: Times): JsonObject {
  return {
    deviceId: twin.deviceId,
    ...(twin.moduleId === undefined ? {} : { moduleId: twin.moduleId }),
    etag: twin.etag,
    deviceEtag: identity.etag,
    status: identity.status,
    ...(identity.statusReason === null ? {} : { statusReason: identity.statusReason }),
    statusUpdateTime: times(identity.statusUpdatedTime),
    connectionState: identity.connectionState,
    lastActivityTime: times(identity.lastActivityTime),
    cloudToDeviceMessageCount: identity.cloudToDeviceMessageCount,
    authenticationType: identity.authentication.type,
    x509Thumbprint: identity.authentication.x509Thumbprint,
    version: twin.version,
    ...(Object.keys(twin.tags).length === 0 ? {} : { tags: twin.tags }),
    properties: { desired: twin.desired, reported: twin.reported },
    ...(twin.moduleId === undefined ? { capabilities: identity.capabilities, ...scopesOf(identity) } : {}),
  };
}
