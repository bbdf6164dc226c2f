import type { IdentityRecord } from '../../contracts.js';
import type { Entries } from './entries.js';
import { HubError } from './errors.js';
import type { IdentityBody } from './identity-body.js';

type Scopes = Pick<IdentityRecord, 'deviceScope' | 'parentScopes'>;

const refuseScope = (): never => {
  throw new HubError('InvalidDeviceScope', 'The device scope is not valid in this hub');
};

function checkParent(entries: Entries, scope: string): void {
  const known = [...entries.values()].some(
    ({ identity }) => identity.capabilities.iotEdge && identity.deviceScope === scope,
  );
  if (!known) refuseScope();
}

/**
 * Scopes tie a device to an Edge device of the SAME hub. An Edge device's own scope is made by the hub and immutable; a leaf's is
 * its parent's. A scope copied from another hub is refused (400028).
 */
export function resolveScopes(
  entries: Entries,
  deviceId: string,
  body: IdentityBody,
  options: { previousScope: string | undefined; newScopeId: () => string },
): Scopes {
  const scope = body.deviceScope === '' ? undefined : (body.deviceScope ?? undefined);
  if (body.capabilities?.iotEdge !== true) {
    if (scope === undefined) return {};
    checkParent(entries, scope);
    return { deviceScope: scope, parentScopes: [scope] };
  }
  const own = options.previousScope ?? `ms-azure-iot-edge://${deviceId}-${options.newScopeId()}`;
  if (scope !== undefined && scope !== own) refuseScope();
  const parents = body.parentScopes ?? [];
  for (const parent of parents) checkParent(entries, parent);
  return { deviceScope: own, ...(parents.length === 0 ? {} : { parentScopes: parents }) };
}
