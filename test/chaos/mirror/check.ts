import type { HubCore, IdentityKey, IdentityRecord } from '../../../lab/contracts.js';
import { keyOf, members, type Member } from './family.js';
import { find } from './identities.js';
import { nameOf } from './mirror-rig.js';

const accessOf = ({ authentication }: IdentityRecord): string => JSON.stringify(authentication);

export interface Hubs {
  primary: HubCore;
  secondary: HubCore;
}

/** What of a family is wrong, in words: an enabled copy without an enabled source, or another access than the source's, that nobody names. */
export function unnamed(
  { primary, secondary }: Hubs,
  family: string,
  named: ReadonlyMap<string, string>,
  foreign: ReadonlySet<Member>,
): string[] {
  const wrong = (who: Member): string | undefined => {
    const key = keyOf(family, who);
    const device = { deviceId: key.deviceId };
    if (named.has(nameOf(key)) || named.has(key.deviceId)) return undefined;
    const [source, copy, theirDevice] = [find(primary, key), find(secondary, key), find(secondary, device)];
    const isOpen = copy !== undefined && theirDevice?.status === 'enabled';
    const isSourceOpen = source !== undefined && find(primary, device)?.status === 'enabled';
    if (isOpen && !isSourceOpen)
      return source === undefined ? 'enabled, its source is gone' : 'enabled, its source is disabled';
    if (!isSourceOpen) return undefined;
    if (copy === undefined) return 'missing';
    if (!isOpen) return 'disabled, its source is enabled';
    return accessOf(copy) === accessOf(source) ? undefined : 'open to others than its source';
  };
  return members.flatMap((who) => {
    if (foreign.has(who)) return [];
    const text = wrong(who);
    return text === undefined ? [] : [`${nameOf(keyOf(family, who))} is ${text}`];
  });
}

/** Somebody's own on the standby: a connection, or what was written there. */
export interface Owned {
  key: IdentityKey;
  access: string;
  /** Since when it is connected; absent: it is not. */
  since?: string;
  /** What somebody else wrote there and lives with; absent: it is our copy, or changes of the source's twin go on to it. */
  tags?: string;
}

export const ownedNow = (hub: HubCore, key: IdentityKey, isMoved: boolean): Owned | undefined => {
  const identity = find(hub, key);
  if (identity === undefined) return undefined;
  const isConnected = identity.connectionState === 'Connected';
  return {
    key,
    access: accessOf(identity),
    ...(isConnected && { since: identity.connectionStateUpdatedTime }),
    ...(isMoved && isConnected && { tags: JSON.stringify(hub.getTwin(key).tags) }),
  };
};

/** How somebody's own was harmed, in words. */
export function harmOf(hub: HubCore, { key, access, since, tags }: Owned): string[] {
  const now = find(hub, key);
  if (now === undefined) return [`${nameOf(key)} was removed`];
  const device = find(hub, { deviceId: key.deviceId });
  return [
    // A module that is not connected has no say in its device's status.
    ...(device?.status === 'enabled' || (key.moduleId !== undefined && since === undefined)
      ? []
      : [`${nameOf(key)} was disabled`]),
    ...(accessOf(now) === access ? [] : [`${nameOf(key)} was given other keys`]),
    ...(since === undefined || now.connectionStateUpdatedTime === since ? [] : [`${nameOf(key)} was cut`]),
    ...(tags === undefined || JSON.stringify(hub.getTwin(key).tags) === tags ? [] : [`${nameOf(key)} was overwritten`]),
  ];
}
