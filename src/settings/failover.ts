import type { HubRole } from '../hub-model.js';
import { isSameHub } from '../hub-name.js';
import type { HubEventsSettings } from './hub-events.js';
import type { HubResource } from './hub-resource.js';
import type { HubSettings } from './hubs.js';
import type { SettingValues } from './read-values.js';

/** A hub whose resource id is set. */
export interface WatchedHub {
  role: HubRole;
  /** First label of the host name. */
  name: string;
  hostName: string;
  resource: HubResource;
  events: HubEventsSettings | undefined;
}

export interface FailoverSettings {
  watched: readonly WatchedHub[];
  armEndpoint: string;
  steadyInMs: number;
  failoverInMs: number;
  readTimeoutInMs: number;
  verifyTimeoutInMs: number;
  drainLimitInMs: number;
  /** Without `$Default`, which always is. */
  consumerGroups: readonly string[];
  canary: { deviceId: string; everyInMs: number } | undefined;
  /** Of those who report progress over HTTP; unset: none is taken. */
  progressKey: string | undefined;
}

const inMs = (seconds: number): number => Math.round(seconds * 1000);

function readWatched(
  set: SettingValues,
  role: HubRole,
  hub: HubSettings | undefined,
  problems: string[],
): WatchedHub[] {
  const prefix = role === 'primary' ? 'PRIMARY_HUB' : 'SECONDARY_HUB';
  const resource = set[`${prefix}_RESOURCE_ID`];
  const events = set[`${prefix}_EVENTS`];
  if (!resource && events)
    problems.push(`${prefix}_RESOURCE_ID: set it too, ${prefix}_EVENTS is used for a watched hub only`);
  if (!resource || !hub) return [];
  const { name, hostName } = hub;
  if (!isSameHub(resource.name, name)) problems.push(`${prefix}_RESOURCE_ID: is another hub than ${prefix}`);
  return [{ role, name, hostName, resource, events }];
}

/** What is wrong is added to `problems`. */
export function readFailover(
  set: SettingValues,
  hubs: Partial<Record<HubRole, HubSettings>>,
  problems: string[],
): FailoverSettings {
  const watched = [
    ...readWatched(set, 'primary', hubs.primary, problems),
    ...readWatched(set, 'secondary', hubs.secondary, problems),
  ];
  if (set.FEATURES.has('failover') && !set.PRIMARY_HUB_RESOURCE_ID && !set.SECONDARY_HUB_RESOURCE_ID)
    problems.push('PRIMARY_HUB_RESOURCE_ID: FEATURES has failover, so set it, or SECONDARY_HUB_RESOURCE_ID');
  return {
    watched,
    armEndpoint: set.ARM_ENDPOINT,
    steadyInMs: inMs(set.WATCH_STEADY_SECONDS),
    failoverInMs: inMs(set.WATCH_FAILOVER_SECONDS),
    readTimeoutInMs: inMs(set.WATCH_READ_TIMEOUT_SECONDS),
    verifyTimeoutInMs: inMs(set.VERIFY_TIMEOUT_SECONDS),
    drainLimitInMs: inMs(set.DRAIN_LIMIT_SECONDS),
    consumerGroups: set.CONSUMER_GROUPS,
    progressKey: set.PROGRESS_KEY,
    canary:
      set.CANARY_DEVICE_ID === undefined
        ? undefined
        : { deviceId: set.CANARY_DEVICE_ID, everyInMs: inMs(set.CANARY_SECONDS) },
  };
}
