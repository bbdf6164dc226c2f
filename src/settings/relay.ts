import { readConnection, type Connection } from './connection.js';
import { definitions } from './definitions.js';
import type { Env } from './environment.js';
import type { SettingValues } from './read-values.js';

export interface RelaySettings {
  /** The stable Event Hub. */
  target: { connection: Connection; eventHubName: string };
  consumerGroup: string;
  start: 'earliest' | 'latest';
  slots: number;
  sliceInMs: number;
  /** Adds an application property that is the same for each copy of one message. */
  deduplicationKey: boolean;
  /** Where generations are followed over HTTP. Undefined: in the state storage. */
  app: { url: string; key: string; progressKey: string } | undefined;
}

/** Unset when no target is set; what is wrong is added to `problems`. */
export function readRelay(env: Env, set: SettingValues, problems: string[]): RelaySettings | undefined {
  const connection = readConnection(env, 'RELAY_TARGET', definitions.RELAY_TARGET.parts);
  if (set.FEATURES.has('relay')) {
    if (!connection)
      problems.push('RELAY_TARGET: FEATURES has relay, so set it, or set RELAY_TARGET__fullyQualifiedNamespace');
    if (!set.PRIMARY_HUB_EVENTS && !set.SECONDARY_HUB_EVENTS)
      problems.push('PRIMARY_HUB_EVENTS: FEATURES has relay, so set it, or SECONDARY_HUB_EVENTS');
  }
  if (!connection) return undefined;
  const { RELAY_APP_URL: url, RELAY_APP_KEY: key, PROGRESS_KEY: progressKey } = set;
  if (url !== undefined && key === undefined) problems.push('RELAY_APP_KEY: RELAY_APP_URL is set, so set it, too');
  if (url !== undefined && progressKey === undefined)
    problems.push('PROGRESS_KEY: RELAY_APP_URL is set, so set it, too, to the same as in that app');
  return {
    target: { connection, eventHubName: set.RELAY_TARGET_EVENT_HUB },
    consumerGroup: set.RELAY_CONSUMER_GROUP,
    start: set.RELAY_START,
    slots: set.RELAY_SLOTS,
    sliceInMs: Math.round(set.RELAY_SLICE_SECONDS * 1000),
    deduplicationKey: set.RELAY_DEDUPLICATION_KEY === 'on',
    app: url === undefined || key === undefined || progressKey === undefined ? undefined : { url, key, progressKey },
  };
}
