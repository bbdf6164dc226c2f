import type { IdentityKey, IdentityRecord, UpdateForm } from '../../contracts.js';
import { resolveScopes } from './edge.js';
import { nextIdentityEtag } from './etag.js';
import type { HubState } from './hub-state.js';
import { resolveAuthentication, type IdentityBody } from './identity-body.js';
import { NEVER_IN_IDENTITY } from './stamps.js';

/** What a create and an update have in common: the caller's part of the document. */
function contentOf(
  state: HubState,
  key: IdentityKey,
  body: IdentityBody,
  scope: { previousScope: string | undefined; mayOmitScope: boolean },
) {
  const isModule = key.moduleId !== undefined;
  return {
    status: isModule ? 'enabled' : (body.status ?? 'enabled'),
    statusReason: isModule ? null : (body.statusReason ?? null),
    authentication: resolveAuthentication(body, state.generator.key),
    capabilities: { iotEdge: !isModule && body.capabilities?.iotEdge === true },
    ...(isModule
      ? { managedBy: body.managedBy ?? null }
      : resolveScopes(state.entries, key.deviceId, body, {
          ...scope,
          newScopeId: state.generator.generationId,
        })),
  } satisfies Partial<IdentityRecord>;
}

export const newIdentity = (state: HubState, key: IdentityKey, body: IdentityBody): IdentityRecord => ({
  ...key,
  generationId: state.generator.generationId(),
  etag: state.generator.identityEtag(),
  statusUpdatedTime: NEVER_IN_IDENTITY,
  connectionState: 'Disconnected',
  connectionStateUpdatedTime: NEVER_IN_IDENTITY,
  lastActivityTime: NEVER_IN_IDENTITY,
  cloudToDeviceMessageCount: 0,
  ...contentOf(state, key, body, { previousScope: undefined, mayOmitScope: true }),
});

/** The caller's document replaces the old one; what only the hub knows stays. */
export function updatedIdentity(
  state: HubState,
  before: IdentityRecord,
  body: IdentityBody,
  form: UpdateForm,
): IdentityRecord {
  const { deviceScope, parentScopes: _parentScopes, managedBy: _managedBy, ...hubs } = before;
  const content = contentOf(state, before, body, {
    previousScope: before.capabilities.iotEdge ? deviceScope : undefined,
    mayOmitScope: form === 'bulk' && !state.unsettled.edgeScopeRefusedInBulk,
  });
  const statusChanged = content.status !== before.status;
  return {
    ...hubs,
    ...content,
    etag: nextIdentityEtag(before.etag),
    statusUpdatedTime: statusChanged ? state.clock.now().toISOString() : before.statusUpdatedTime,
  };
}
