import type { HubRole, Identity, IdentityKey } from '../../hub-model.js';

/** What we know of our own connections as an identity on one hub. Shared by all instances, so that none takes another's for the device's. */
export interface OwnUse {
  /** Of the copy. A new life of the same id has another one, and nothing of ours. */
  generationId: string;
  /** When the last connection of ours was begun, and when it stood. Absent: it never did, or its process ended. */
  since: Date;
  connectedAt?: Date;
  /** Activity up to then can be ours. */
  until: Date;
  /** Our connection was broken off from outside, as it is when the device itself connects. */
  lost: boolean;
  /** Somebody else has been connected in this life of the copy: what is reported there need not be ours. */
  visited: boolean;
  etag?: string;
}

/** One row for each identity that we connected as. Rejects with storageUnavailable; a write with another `etag`: storageConflict. */
export interface OwnUsePort {
  read(hub: HubRole, key: IdentityKey): Promise<OwnUse | undefined>;
  /** Without `etag` it replaces whatever is there. */
  write(hub: HubRole, key: IdentityKey, use: OwnUse): Promise<OwnUse>;
}

/** The hub's clock and ours. */
const SKEW_IN_MS = 3_000;

/**
 * Who was connected to the copy: nobody but us, somebody who is there now, or somebody who has left. Source of the fields: "Get Identity"
 * of the REST API. `lastActivityTime` is when the device last connected, sent or received.
 */
export function lastUser(target: Identity, use: OwnUse | undefined, connectTimeoutInMs: number): LastUser {
  const own = use?.generationId === target.generationId ? use : undefined;
  if (target.connectionState === 'Connected')
    return own !== undefined && isOwnConnection(target, own, connectTimeoutInMs) ? 'us' : 'somebodyNow';
  if (target.lastActivityTime === undefined) return 'us';
  if (own === undefined) return 'somebody';
  // Broken off from outside: a device that came is active as close after us as the clocks lie apart, a lost line never is.
  const allowanceInMs = own.lost ? 0 : SKEW_IN_MS;
  return target.lastActivityTime.getTime() <= own.until.getTime() + allowanceInMs ? 'us' : 'somebody';
}
export type LastUser = 'us' | 'somebodyNow' | 'somebody';

/** The state changed when our connection began. The device's own would have broken ours off. */
function isOwnConnection(
  { connectionStateUpdatedTime: changed }: Identity,
  { lost, since, connectedAt }: OwnUse,
  connectTimeoutInMs: number,
): boolean {
  if (lost || changed === undefined) return false;
  const end = connectedAt?.getTime() ?? since.getTime() + connectTimeoutInMs;
  return changed.getTime() >= since.getTime() - SKEW_IN_MS && changed.getTime() <= end + SKEW_IN_MS;
}

/** Of a device that has been on the target and left: it is back, or was active on the source later. */
export const isBackAtSource = (source: Identity | undefined, target: Identity): boolean =>
  source !== undefined &&
  (source.connectionState === 'Connected' ||
    (source.lastActivityTime?.getTime() ?? 0) > (target.lastActivityTime?.getTime() ?? 0));

/** For one process alone. */
export function memoryOwnUse(): OwnUsePort {
  const rows = new Map<string, OwnUse>();
  const name = (hub: HubRole, { deviceId, moduleId }: IdentityKey) => `${hub}/${deviceId}/${moduleId ?? ''}`;
  return {
    read: async (hub, key) => rows.get(name(hub, key)),
    write: async (hub, key, use) => {
      rows.set(name(hub, key), use);
      return use;
    },
  };
}
