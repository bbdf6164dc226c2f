import { z } from 'zod';
import { commaList } from './comma-list.js';
import {
  choice,
  connection,
  decimal,
  entityName,
  optional,
  wholeNumber,
  type SettingDefinition,
} from './definition.js';
import { hubEventsSchema } from './hub-events.js';
import { hubResourceSchema } from './hub-resource.js';

const hubResource = optional(hubResourceSchema, {
  limits: 'ARM resource id',
  unset: 'not watched',
});
const hubEvents = optional(hubEventsSchema, { secret: true });

/** IoT Hub, "Quotas": 20 consumer groups; Event Hubs' rules for their names. */
const consumerGroups = commaList
  .pipe(
    z.array(z.string().regex(/^(\$Default|[A-Za-z0-9][\w.-]{0,49})$/i, 'has a name that no consumer group can have')),
  )
  .transform((names) => [...new Set(names)].filter((name) => name.toLowerCase() !== '$default'));

/** IoT Hub, "Identity registry": the characters of device ids. */
const DEVICE_ID = /^[A-Za-z0-9\-:.+%_#*?!(),=@$']{1,128}$/;

/** Features failover and relay. */
export const consumerDefinitions = {
  PRIMARY_HUB_RESOURCE_ID: {
    ...hubResource,
    features: ['failover', 'relay'],
    meaning:
      '`/subscriptions/ID/resourceGroups/GROUP/providers/Microsoft.Devices/IotHubs/NAME` of the primary hub: it is watched',
  },
  SECONDARY_HUB_RESOURCE_ID: {
    ...hubResource,
    features: ['failover', 'relay'],
    meaning: 'the same of the secondary hub',
  },
  PRIMARY_HUB_EVENTS: {
    ...hubEvents,
    features: ['failover', 'relay'],
    meaning:
      "connection string of the primary hub's built-in endpoint, policy right service connect; the endpoint in it counts only until ARM told one",
  },
  SECONDARY_HUB_EVENTS: {
    ...hubEvents,
    features: ['failover', 'relay'],
    meaning: "the same of the secondary hub's built-in endpoint",
  },
  CONSUMER_GROUPS: {
    kind: 'value',
    schema: z.string().default('$Default').pipe(consumerGroups),
    unset: '`$Default`',
    limits: 'comma list',
    secret: false,
    features: ['failover'],
    meaning:
      'consumer groups of the built-in endpoint that are made again where a failover lost them; `$Default` always is',
  },
  ARM_ENDPOINT: {
    kind: 'value',
    schema: z
      .url({ protocol: /^https$/, error: 'must be an https address' })
      .default('https://management.azure.com')
      .transform((url) => url.replace(/\/+$/, '')),
    unset: '`https://management.azure.com`',
    limits: 'https',
    secret: false,
    features: ['failover', 'relay'],
    meaning: 'where Azure Resource Manager is; other in sovereign clouds',
  },
  WATCH_STEADY_SECONDS: {
    ...decimal(30, 0.1, 3600),
    features: ['failover'],
    meaning: 'how often a watched hub is read from ARM',
  },
  WATCH_FAILOVER_SECONDS: {
    ...decimal(5, 0.1, 600),
    features: ['failover'],
    meaning: 'the same while it fails over',
  },
  WATCH_READ_TIMEOUT_SECONDS: {
    ...decimal(10, 0.1, 240),
    features: ['failover'],
    meaning: 'deadline of one read from ARM',
  },
  VERIFY_TIMEOUT_SECONDS: {
    ...decimal(600, 0.1, 86_400),
    features: ['failover'],
    meaning: 'after the end of a failover without a processed event of the new endpoint for so long it is `unverified`',
  },
  DRAIN_LIMIT_SECONDS: {
    ...decimal(1800, 0.1, 604_800),
    features: ['failover'],
    meaning: 'how long the old endpoint is read at the most after a failover',
  },
  PROGRESS_KEY: {
    ...optional(
      z.string().regex(/^[\x21-\x7e]{16,256}$/, 'must have 16 to 256 characters, of ASCII and without spaces'),
      {
        limits: '16 to 256 characters',
        secret: true,
        unset: 'no progress is taken over HTTP',
      },
    ),
    features: ['failover', 'relay'],
    meaning:
      'key of those who report progress, which no device has: header `x-progress-key`. A relay with `RELAY_APP_URL` gives the key of that app',
  },
  CANARY_DEVICE_ID: {
    ...optional(z.string().regex(DEVICE_ID, 'is no id of a device'), { unset: 'no canary' }),
    features: ['failover'],
    meaning: 'a device that the app sends small messages as, so that silence means something on quiet hubs',
  },
  CANARY_SECONDS: { ...decimal(60, 1, 3540), features: ['failover'], meaning: 'how often it sends one' },
  RELAY_TARGET: {
    ...connection('none', ['fullyQualifiedNamespace']),
    features: ['relay'],
    meaning: 'namespace of the stable Event Hub that the relay forwards into; right: send',
  },
  RELAY_TARGET_EVENT_HUB: { ...entityName('telemetry'), features: ['relay'], meaning: 'its name' },
  RELAY_CONSUMER_GROUP: {
    ...entityName('$Default'),
    features: ['relay'],
    meaning: 'consumer group of the built-in endpoints that the relay reads with',
  },
  RELAY_APP_URL: {
    ...optional(z.url({ protocol: /^https?$/, error: 'must be an http or https address' }), {
      unset: 'the state storage is read',
      limits: '`https://NAME.azurewebsites.net`',
    }),
    features: ['relay'],
    meaning: 'the app that watches the hubs, for a relay which does not share its state storage',
  },
  RELAY_APP_KEY: {
    ...optional(z.string().min(1), { secret: true }),
    features: ['relay'],
    meaning: 'a function key of that app',
  },
  RELAY_START: {
    ...choice('latest', ['earliest', 'latest']),
    features: ['relay'],
    meaning: 'where the relay begins to read the very first time',
  },
  RELAY_SLOTS: {
    ...wholeNumber(2, 1, 16),
    features: ['relay'],
    meaning: 'processors at the same time, each on an instance of its own where there are enough',
  },
  RELAY_SLICE_SECONDS: {
    ...decimal(240, 0.1, 1500),
    features: ['relay'],
    meaning: "how long one of the relay's activities lasts before the next takes over; keep it below `functionTimeout`",
  },
  RELAY_DEDUPLICATION_KEY: {
    ...choice('off', ['on', 'off']),
    features: ['relay'],
    meaning: '`on`: an application property that is the same for each copy of one message',
  },
} satisfies Record<string, SettingDefinition>;
