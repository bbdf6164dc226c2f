import { z } from 'zod';
import { hubTiers } from '../pacing/tiers.js';
import { optional, choice, connection, entityName, share, wholeNumber, type SettingDefinition } from './definition.js';

const namespaceString =
  'Endpoint=sb://{namespace}.servicebus.windows.net/;SharedAccessKeyName={policy};SharedAccessKey={key}';

const tier = z.enum(['off', ...hubTiers]);
const tierLimits = '`off`, `S1`, `S2`, `S3`';
const units = z
  .string()
  .regex(/^\d+$/, 'must be a whole number in digits')
  .transform(Number)
  .pipe(z.int().min(1).max(200));

/** Features sync and routing. */
export const mirrorDefinitions = {
  PRIMARY_TWIN_EVENTS: {
    ...connection('not registered', ['fullyQualifiedNamespace']),
    features: ['sync'],
    meaning: "namespace of the primary hub's Event Hub",
    example: namespaceString,
  },
  PRIMARY_TWIN_EVENT_HUB: {
    ...entityName('devicetwin'),
    features: ['sync'],
    meaning: 'its name',
    example: 'devicetwin',
  },
  SECONDARY_TWIN_EVENTS: {
    ...connection('not registered', ['fullyQualifiedNamespace']),
    features: ['sync'],
    meaning: "namespace of the secondary hub's Event Hub",
    example: namespaceString,
  },
  SECONDARY_TWIN_EVENT_HUB: {
    ...entityName('devicetwin-secondary'),
    features: ['sync'],
    meaning: 'its name',
    example: 'devicetwin-secondary',
  },
  TWIN_CONSUMER_GROUP: { ...entityName('$Default'), features: ['sync'], meaning: 'consumer group of both' },
  REPORTED_STRATEGY: {
    ...choice('off', ['off', 'device']),
    features: ['sync'],
    meaning: '`device`: write reported properties to the standby as the device',
  },
  TWIN_CONCURRENCY: {
    ...wholeNumber(32, 1, 512),
    features: ['sync'],
    meaning: 'devices of a batch written at the same time',
  },
  HUB_CALL_TIMEOUT_MS: {
    ...wholeNumber(30_000, 100, 240_000),
    features: ['sync'],
    meaning: 'deadline of one call to a hub, retries included',
  },
  ROUTE_TTL_SECONDS: {
    ...wholeNumber(3600, 1, 604_800),
    features: ['routing'],
    meaning: 'how long a device may keep its answer',
  },
  STATE_REFRESH_MS: {
    ...wholeNumber(5000, 10, 600_000),
    features: ['sync', 'routing'],
    meaning: 'age at which the routing document is read again',
  },
  STATE_MAX_AGE_MS: {
    ...wholeNumber(30_000, 50, 600_000),
    features: ['sync', 'routing'],
    meaning: 'age above which nothing is written to a hub; after a stand-still this long, nothing for twice as long',
  },
  HOLD_LIMIT_SECONDS: {
    ...wholeNumber(3600, 1, 604_800),
    features: ['sync'],
    meaning: 'how long a partition waits for its target before its devices are marked for repair',
  },
  DELETE_GRACE_SECONDS: {
    ...wholeNumber(3600, 0, 2_592_000),
    features: ['sync'],
    meaning: 'how long the copy of a deleted device is only disabled before it is deleted',
  },
  PRIMARY_TIER: {
    ...choice('off', ['off', ...hubTiers]),
    features: ['sync'],
    meaning: "the primary hub's: while it is the standby, calls to it keep to the mirror's share of its limits",
  },
  PRIMARY_UNITS: { ...wholeNumber(1, 1, 200), features: ['sync'], meaning: 'its units' },
  SECONDARY_TIER: {
    ...optional(tier, { unset: 'as STANDBY_TIER', limits: tierLimits }),
    features: ['sync'],
    meaning: 'the same of the secondary hub',
  },
  SECONDARY_UNITS: {
    ...optional(units, { unset: 'as STANDBY_UNITS', limits: 'whole, 1 to 200' }),
    features: ['sync'],
    meaning: 'its units',
  },
  STANDBY_TIER: {
    ...optional(tier, { unset: 'off', limits: tierLimits }),
    features: ['sync'],
    meaning: 'older name of `SECONDARY_TIER`',
  },
  STANDBY_UNITS: {
    ...optional(units, { unset: '1', limits: 'whole, 1 to 200' }),
    features: ['sync'],
    meaning: 'older name of `SECONDARY_UNITS`',
  },
  MIRROR_THROTTLE_SHARE: {
    ...share(0.8),
    features: ['sync'],
    meaning: 'share of its throttles that the mirror may use, all instances together',
  },
  MIRROR_QUOTA_SHARE: {
    ...share(0.5),
    features: ['sync'],
    meaning: 'share of its messages of a UTC day that the mirror may use; past it the mirror waits',
  },
  MASS_CHANGE_LIMIT: {
    ...wholeNumber(0, 0, 1_000_000),
    features: ['sync'],
    meaning:
      'copies that may lose their access within an hour before a breaker opens; 0: the greater of 20 and 5 % of those that are known',
  },
  REPAIR_OVERDUE_SECONDS: {
    ...wholeNumber(300, 1, 86_400),
    features: ['sync'],
    meaning: 'how long after it was due a repair that has lost its message gets another',
  },
  REPAIR_PER_MINUTE: {
    ...wholeNumber(60, 1, 60_000),
    features: ['sync'],
    meaning: "dirty ids repaired in a minute by each instance, after a minute's worth at once",
  },
} satisfies Record<string, SettingDefinition>;
