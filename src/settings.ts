import { z } from 'zod';
import { AppError } from './errors.js';
import type { HubRole } from './hub-model.js';
import { hubTiers, type HubTier } from './pacing/tiers.js';

/** How a service is reached: a connection string, or an address and an identity. */
export type Connection =
  | { kind: 'connectionString'; value: string }
  | { kind: 'identity'; address: Record<string, string>; credential?: string; clientId?: string };

interface HubSettings {
  role: HubRole;
  /** First label of the host name: what events call `hubName`. */
  name: string;
  hostName: string;
  connection: Connection;
}

/** One Event Hub per source hub. `connectionName` is the prefix of the settings, for the trigger's binding. */
interface TwinEventsSettings {
  connectionName: string;
  eventHubName: string;
}

export interface StorageSettings {
  /** The prefix of the settings, for bindings. */
  connectionName: string;
  connection: Connection;
}

/** What of the standby hub is the mirror's. */
export interface PacingSettings {
  /** `off`: unknown, so that only the hub's own refusals slow us down. */
  tier: HubTier | 'off';
  units: number;
  /** 0 to 1, of the hub's throttles. */
  throttleShare: number;
  /** 0 to 1, of the hub's messages of a UTC day. */
  quotaShare: number;
}

export interface Settings {
  hubs: Record<HubRole, HubSettings>;
  /** Only those that are set are registered. */
  twinEvents: Partial<Record<HubRole, TwinEventsSettings>>;
  twinConsumerGroup: string;
  stateStorage: StorageSettings;
  stateStorageSecond: StorageSettings | undefined;
  reportedStrategy: 'off' | 'device';
  twinConcurrency: number;
  hubCallTimeoutInMs: number;
  routeTtlInSeconds: number;
  stateRefreshInMs: number;
  stateMaxAgeInMs: number;
  holdLimitInMs: number;
  deleteGraceInMs: number;
  pacing: PacingSettings;
  /** Dirty ids repaired in a minute, by this instance. */
  repairPerMinute: number;
  /** Opens the details of health. Unset: nobody sees them. */
  operatorKey: string | undefined;
}

type Env = Readonly<Record<string, string | undefined>>;

const wholeNumber = (unset: number, min: number, max: number) =>
  z.coerce.number().int().min(min).max(max).default(unset);

const share = (unset: number) => z.coerce.number().gt(0).max(1).default(unset);

/** The settings that stand alone; connections come in families and are read below. Units are in the names. */
const plainSchema = z.object({
  PRIMARY_TWIN_EVENT_HUB: z.string().min(1).default('devicetwin'),
  SECONDARY_TWIN_EVENT_HUB: z.string().min(1).default('devicetwin-secondary'),
  TWIN_CONSUMER_GROUP: z.string().min(1).default('$Default'),
  REPORTED_STRATEGY: z.enum(['off', 'device']).default('off'),
  TWIN_CONCURRENCY: wholeNumber(32, 1, 512),
  HUB_CALL_TIMEOUT_MS: wholeNumber(30_000, 100, 240_000),
  ROUTE_TTL_SECONDS: wholeNumber(3600, 1, 604_800),
  STATE_REFRESH_MS: wholeNumber(5000, 10, 600_000),
  STATE_MAX_AGE_MS: wholeNumber(30_000, 50, 600_000),
  HOLD_LIMIT_SECONDS: wholeNumber(3600, 1, 604_800),
  DELETE_GRACE_SECONDS: wholeNumber(3600, 0, 2_592_000),
  STANDBY_TIER: z.enum(['off', ...hubTiers]).default('off'),
  STANDBY_UNITS: wholeNumber(1, 1, 200),
  MIRROR_THROTTLE_SHARE: share(0.8),
  MIRROR_QUOTA_SHARE: share(0.5),
  REPAIR_PER_MINUTE: wholeNumber(60, 1, 60_000),
  OPERATOR_KEY: z.string().min(16, 'must have at least 16 characters').optional(),
});

/** An empty setting is an unset one: that is how portals and templates leave them. */
const present = (env: Env): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).flatMap(([name, value]): [string, string][] => (value?.trim() ? [[name, value.trim()]] : [])),
  );

/** `NAME`, or `NAME__part`s as Azure Functions has identity-based connections. */
function readConnection(env: Record<string, string>, name: string, parts: string[]): Connection | undefined {
  const value = env[name];
  if (value) return { kind: 'connectionString', value };
  const address = Object.fromEntries(
    parts.flatMap((part): [string, string][] => {
      const text = env[`${name}__${part}`];
      return text ? [[part, text]] : [];
    }),
  );
  if (Object.keys(address).length === 0) return undefined;
  const credential = env[`${name}__credential`];
  const clientId = env[`${name}__clientId`];
  return { kind: 'identity', address, ...(credential ? { credential } : {}), ...(clientId ? { clientId } : {}) };
}

function readHub(env: Record<string, string>, role: HubRole, problems: string[]): HubSettings | undefined {
  const prefix = role === 'primary' ? 'PRIMARY_HUB' : 'SECONDARY_HUB';
  const connection = readConnection(env, prefix, ['hostName']);
  if (!connection) {
    problems.push(`${prefix}: set it to a connection string, or set ${prefix}__hostName`);
    return undefined;
  }
  const hostName =
    connection.kind === 'connectionString'
      ? /(?:^|;)\s*HostName=([^;]+)/i.exec(connection.value)?.[1]?.trim()
      : connection.address['hostName'];
  if (!hostName) {
    problems.push(`${prefix}: no HostName in the connection string`);
    return undefined;
  }
  const lacks = ['SharedAccessKeyName', 'SharedAccessKey'].filter(
    (part) =>
      connection.kind === 'connectionString' && !new RegExp(`(?:^|;)\\s*${part}=[^;]`, 'i').test(connection.value),
  );
  for (const part of lacks) problems.push(`${prefix}: no ${part} in the connection string`);
  return { role, name: hostName.split('.')[0] ?? hostName, hostName, connection };
}

const storageParts = ['accountName', 'blobServiceUri', 'queueServiceUri', 'tableServiceUri'];

function readStorage(env: Record<string, string>, name: string, problems: string[]): StorageSettings | undefined {
  const connection = readConnection(env, name, storageParts);
  if (connection?.kind === 'identity' && !connection.address['accountName'])
    for (const part of storageParts.slice(1))
      if (!connection.address[part]) problems.push(`${name}: set ${name}__accountName, or ${name}__${part} as well`);
  return connection && { connectionName: name, connection };
}

function readTwinEvents(
  env: Record<string, string>,
  name: string,
  eventHubName: string,
): TwinEventsSettings | undefined {
  return readConnection(env, name, ['fullyQualifiedNamespace']) && { connectionName: name, eventHubName };
}

/**
 * The only reader of settings. Throws one AppError `invalidSettings` that names every bad setting; values are never in it.
 */
export function loadSettings(source: Env): Settings {
  const env = present(source);
  const problems: string[] = [];
  const plain = plainSchema.safeParse(env);
  if (!plain.success) problems.push(...plain.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));

  const primary = readHub(env, 'primary', problems);
  const secondary = readHub(env, 'secondary', problems);
  if (primary && secondary && primary.hostName.toLowerCase() === secondary.hostName.toLowerCase())
    problems.push('SECONDARY_HUB: is the same hub as PRIMARY_HUB');
  const stateStorage = readStorage(env, 'STATE_STORAGE', problems) ?? readStorage(env, 'AzureWebJobsStorage', problems);
  const stateStorageSecond = readStorage(env, 'STATE_STORAGE_SECOND', problems);
  if (!stateStorage) problems.push('STATE_STORAGE: neither it nor AzureWebJobsStorage is set');
  if (plain.success && plain.data.STATE_MAX_AGE_MS <= plain.data.STATE_REFRESH_MS)
    problems.push('STATE_MAX_AGE_MS: must be greater than STATE_REFRESH_MS');

  if (!plain.success || !primary || !secondary || !stateStorage || problems.length > 0)
    throw new AppError('invalidSettings', `Settings are missing or wrong. ${problems.join('. ')}.`, {
      retryable: false,
    });

  const set = plain.data;
  const primaryEvents = readTwinEvents(env, 'PRIMARY_TWIN_EVENTS', set.PRIMARY_TWIN_EVENT_HUB);
  const secondaryEvents = readTwinEvents(env, 'SECONDARY_TWIN_EVENTS', set.SECONDARY_TWIN_EVENT_HUB);
  return {
    hubs: { primary, secondary },
    twinEvents: {
      ...(primaryEvents ? { primary: primaryEvents } : {}),
      ...(secondaryEvents ? { secondary: secondaryEvents } : {}),
    },
    twinConsumerGroup: set.TWIN_CONSUMER_GROUP,
    stateStorage,
    stateStorageSecond,
    reportedStrategy: set.REPORTED_STRATEGY,
    twinConcurrency: set.TWIN_CONCURRENCY,
    hubCallTimeoutInMs: set.HUB_CALL_TIMEOUT_MS,
    routeTtlInSeconds: set.ROUTE_TTL_SECONDS,
    stateRefreshInMs: set.STATE_REFRESH_MS,
    stateMaxAgeInMs: set.STATE_MAX_AGE_MS,
    holdLimitInMs: set.HOLD_LIMIT_SECONDS * 1000,
    deleteGraceInMs: set.DELETE_GRACE_SECONDS * 1000,
    pacing: {
      tier: set.STANDBY_TIER,
      units: set.STANDBY_UNITS,
      throttleShare: set.MIRROR_THROTTLE_SHARE,
      quotaShare: set.MIRROR_QUOTA_SHARE,
    },
    repairPerMinute: set.REPAIR_PER_MINUTE,
    operatorKey: set.OPERATOR_KEY,
  };
}
