import type { IdentityRecord } from '../../contracts.js';
import type { Entries } from './entries.js';
import { HubError, refuseArgument } from './errors.js';
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
 * its parent's. A scope copied from another hub is refused (400028). An update of an Edge device without its own scope is refused, too
 * (a record of a live hub: mwalser/terraform-provider-iothub, CONCEPT.md). A leaf's update without one takes it out of its parent.
 */
export function resolveScopes(
  entries: Entries,
  deviceId: string,
  body: IdentityBody,
  options: {
    /** The Edge device's own scope, on an update. */
    previousScope: string | undefined;
    newScopeId: () => string;
    /** An update may leave the own scope out. */
    mayOmitScope: boolean;
  },
): Scopes {
  const scope = body.deviceScope === '' ? undefined : (body.deviceScope ?? undefined);
  if (body.capabilities?.iotEdge !== true) {
    if (scope === undefined) return {};
    checkParent(entries, scope);
    return { deviceScope: scope, parentScopes: [scope] };
  }
  const { previousScope } = options;
  if (previousScope !== undefined && scope !== previousScope && !(scope === undefined && options.mayOmitScope)) {
    refuseArgument('Device scope is immutable');
  }
  const own = previousScope ?? `ms-azure-iot-edge://${deviceId}-${options.newScopeId()}`;
  if (scope !== undefined && scope !== own) refuseScope();
  const parents = body.parentScopes ?? [];
  for (const parent of parents) checkParent(entries, parent);
  return { deviceScope: own, ...(parents.length === 0 ? {} : { parentScopes: parents }) };
}
