import { z } from 'zod';
import { connection, everyFeature, optional, type SettingDefinition } from './definition.js';
import { featuresSchema } from './features.js';

const storageParts = ['accountName', 'blobServiceUri', 'queueServiceUri', 'tableServiceUri'];
const hubString = (name: string) =>
  `HostName={${name}}.azure-devices.net;SharedAccessKeyName={policy};SharedAccessKey={key}`;

/** What the app as a whole needs, whatever its features. */
export const appDefinitions = {
  FEATURES: {
    kind: 'value',
    schema: z.string().default('sync,routing').pipe(featuresSchema),
    unset: '`sync,routing`',
    limits: 'comma list of `sync`, `routing`, `failover`, `relay`',
    secret: false,
    features: everyFeature,
    meaning: 'the parts of the app that this deployment runs',
    example: 'sync,routing',
  },
  AzureWebJobsStorage: {
    ...connection('required by the host', storageParts),
    features: everyFeature,
    meaning: "the Functions host's own storage; the app's state too, unless `STATE_STORAGE` is set",
    example: 'UseDevelopmentStorage=true',
  },
  STATE_STORAGE: {
    ...connection('`AzureWebJobsStorage`', storageParts),
    features: everyFeature,
    meaning: 'routing document, ledger, retry queue, parked events, state of the hub watch',
  },
  STATE_STORAGE_SECOND: {
    ...connection('none', storageParts),
    features: ['sync', 'routing'],
    meaning: 'a second account, in the other region, for the routing document: both are needed for writing to a hub',
  },
  STATE_STORAGE_WITNESS: {
    ...connection('none', storageParts),
    features: ['sync', 'routing'],
    meaning: 'a third account, in a third region, for the routing document: any two of the three are enough',
  },
  OPERATOR_KEY: {
    ...optional(z.string().min(16, 'must have at least 16 characters'), {
      limits: '16 characters or more',
      secret: true,
    }),
    features: everyFeature,
    meaning: 'key that opens the details of `GET /api/health` and what only an operator may do',
    example: '{at least 16 characters}',
  },
  AZURE_CLIENT_ID: {
    ...optional(z.string().regex(/^\S+$/, 'has a space in it'), { unset: "the app's own identity" }),
    features: everyFeature,
    meaning:
      'client id of the user-assigned identity for calls which no `NAME__clientId` governs, such as those to ARM',
  },
  PRIMARY_HUB: {
    ...connection('required', ['hostName']),
    features: everyFeature,
    meaning: 'the primary hub; policy rights: registry read and write, service connect',
    example: hubString('primary'),
  },
  SECONDARY_HUB: {
    ...connection('required', ['hostName']),
    features: everyFeature,
    meaning: 'the secondary hub, the same rights',
    example: hubString('secondary'),
  },
} satisfies Record<string, SettingDefinition>;
