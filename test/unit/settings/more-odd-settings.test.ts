import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { definitions } from '../../../src/settings/definitions.js';
import { loadSettings } from '../../../src/settings.js';
import { least, problemOf } from './settings-support.js';

const SECRET = 'b29wcy10aGlzLWlzLXNlY3JldA==';
const hub = (host: string, key = SECRET) => `HostName=${host};SharedAccessKeyName=app;SharedAccessKey=${key}`;
const namespace = (name: string, more = '', key = SECRET) =>
  `Endpoint=sb://${name}.servicebus.windows.net/;SharedAccessKeyName=listen;SharedAccessKey=${key}${more}`;
const account = (name: string, more = 'EndpointSuffix=core.windows.net', key = SECRET) =>
  `DefaultEndpointsProtocol=https;AccountName=${name};AccountKey=${key};${more}`;

type Odd = [what: string, env: Record<string, string>, ...named: string[]];
const twin = { PRIMARY_TWIN_EVENTS: namespace('ns'), SECONDARY_TWIN_EVENTS: namespace('ns') };
const odd: Odd[] = [
  ['one event hub for both', { ...twin, SECONDARY_TWIN_EVENT_HUB: 'devicetwin' }, 'SECONDARY_TWIN_EVENT_HUB'],
  [
    'one event hub for both, in other case and by identity',
    {
      PRIMARY_TWIN_EVENTS: namespace('NS'),
      SECONDARY_TWIN_EVENTS__fullyQualifiedNamespace: 'ns.servicebus.windows.net',
      SECONDARY_TWIN_EVENT_HUB: 'DeviceTwin',
    },
    'SECONDARY_TWIN_EVENT_HUB',
  ],
  [
    'the relay forwards into what twin changes are read from',
    { ...twin, RELAY_TARGET: namespace('ns'), RELAY_TARGET_EVENT_HUB: 'devicetwin' },
    'RELAY_TARGET_EVENT_HUB',
  ],
  [
    'the built-in endpoint of one hub for both',
    { PRIMARY_HUB_EVENTS: namespace('b', ';EntityPath=p'), SECONDARY_HUB_EVENTS: namespace('b', ';EntityPath=p') },
    'the event hub of PRIMARY_HUB_EVENTS',
  ],
  ['one hub by a trailing dot', { SECONDARY_HUB: hub('p.azure-devices.net.') }, 'SECONDARY_HUB'],
  ['one hub by its service name', { SECONDARY_HUB: hub('p.service.azure-devices.net') }, 'SECONDARY_HUB'],
  ['one name in two clouds', { SECONDARY_HUB: hub('p.azure-devices.cn') }, 'SECONDARY_HUB'],
  [
    'a string and another host name',
    { PRIMARY_HUB__hostName: 'other.azure-devices.net' },
    'PRIMARY_HUB__hostName: PRIMARY_HUB is set, too',
  ],
  ['braces of the example', { PRIMARY_HUB: hub('{primary}.azure-devices.net', '{key}') }, 'PRIMARY_HUB: has a {placeh'],
  ['braces of the example', { OPERATOR_KEY: '{at least 16 characters}' }, 'OPERATOR_KEY'],
  [
    'an unresolved reference',
    { PRIMARY_HUB: `@Microsoft.KeyVault(SecretUri=https://${SECRET}/)` },
    'PRIMARY_HUB: its ref',
  ],
  ['a scheme', { PRIMARY_HUB: hub('https://p.azure-devices.net') }, 'PRIMARY_HUB'],
  ['a port', { PRIMARY_HUB: hub('p.azure-devices.net:8883') }, 'PRIMARY_HUB'],
  ['a path', { PRIMARY_HUB: hub('p.azure-devices.net/devices') }, 'PRIMARY_HUB'],
  ['a space', { PRIMARY_HUB: hub('p .azure-devices.net') }, 'PRIMARY_HUB'],
  ['a Service Bus name', { PRIMARY_HUB: hub('p.servicebus.windows.net') }, 'PRIMARY_HUB'],
  [
    'a scheme by identity',
    { SECONDARY_HUB: '', SECONDARY_HUB__hostName: 'https://s.azure-devices.net' },
    'SECONDARY_HUB__hostName',
  ],
  ['a space between parts', { PRIMARY_HUB: hub('p.azure-devices.net').replaceAll(';', '; ') }, 'PRIMARY_HUB'],
  ['names of parts in other case', { PRIMARY_HUB: hub('p.azure-devices.net').toLowerCase() }, 'PRIMARY_HUB'],
  [
    'a key that is no base64',
    { PRIMARY_HUB: hub('p.azure-devices.net', 'secret!') },
    'PRIMARY_HUB: its SharedAccessKey',
  ],
  [
    'half a key',
    { SECONDARY_HUB: hub('s.azure-devices.net', SECRET.slice(0, -1)) },
    'SECONDARY_HUB: its SharedAccessKey',
  ],
  [
    "a device's string",
    { PRIMARY_HUB: `HostName=p.azure-devices.net;DeviceId=d;SharedAccessKey=${SECRET}` },
    'PRIMARY_HUB',
  ],
  ['two strings in one', { PRIMARY_HUB: `${hub('p.azure-devices.net')};${hub('q.azure-devices.net')}` }, 'PRIMARY_HUB'],
  ['an unknown credential', { PRIMARY_TWIN_EVENTS__credential: 'clientsecret' }, 'PRIMARY_TWIN_EVENTS__credential'],
  [
    'a credential for nothing',
    { RELAY_TARGET__credential: 'managedidentity' },
    'RELAY_TARGET__fullyQualifiedNamespace',
  ],
  ['garbage', { PRIMARY_TWIN_EVENTS: SECRET }, 'PRIMARY_TWIN_EVENTS: no Endpoint'],
  ["a hub's own string", { PRIMARY_TWIN_EVENTS: hub('p.azure-devices.net') }, 'PRIMARY_TWIN_EVENTS: is the connection'],
  ["a hub's own string", { SECONDARY_HUB_EVENTS: hub('s.azure-devices.net') }, 'SECONDARY_HUB_EVENTS: is the hub'],
  [
    'another EntityPath',
    { PRIMARY_TWIN_EVENTS: namespace('ns', ';EntityPath=other') },
    'PRIMARY_TWIN_EVENT_HUB',
    'PRIMARY_TWIN_EVENTS',
  ],
  [
    'a namespace with a scheme',
    { PRIMARY_TWIN_EVENTS__fullyQualifiedNamespace: 'sb://ns/' },
    'PRIMARY_TWIN_EVENTS__fullyQ',
  ],
  ['a key of the relay that is none', { RELAY_TARGET: namespace('r', '', 'key') }, 'RELAY_TARGET: its SharedAccessKey'],
  [
    'a second account that is the first',
    { STATE_STORAGE: account('one'), STATE_STORAGE_SECOND: account('one') },
    'STATE_STORAGE_SECOND',
  ],
  [
    'a second account that is the first by its address',
    { STATE_STORAGE: account('one'), STATE_STORAGE_SECOND__accountName: 'one' },
    'STATE_STORAGE_SECOND: is the same account as STATE_STORAGE',
  ],
  [
    'a second account that is the read-only copy of the first',
    {
      STATE_STORAGE: account('one'),
      STATE_STORAGE_SECOND: account('one', 'BlobEndpoint=https://one-secondary.blob.core.windows.net/'),
    },
    'STATE_STORAGE_SECOND: is the same account as STATE_STORAGE',
  ],
  [
    'a witness that is the second',
    { STATE_STORAGE_SECOND__accountName: 'two', STATE_STORAGE_WITNESS: account('two') },
    'STATE_STORAGE_WITNESS: is the same account as STATE_STORAGE_SECOND',
  ],
  ['a storage string without a key', { AzureWebJobsStorage: 'AccountName=one' }, 'AzureWebJobsStorage: no AccountKey'],
  [
    'a storage string that is garbage',
    { STATE_STORAGE: SECRET.replaceAll('=', '') },
    'STATE_STORAGE: has a part without',
  ],
  ['a storage string cut short', { STATE_STORAGE: account('one', '') }, 'STATE_STORAGE: no EndpointSuffix'],
  [
    'a storage key that is none',
    { STATE_STORAGE: account('one', 'EndpointSuffix=x', 'key') },
    'STATE_STORAGE: its AccountKey',
  ],
  [
    "the host's own string",
    { STATE_STORAGE: account('one'), AzureWebJobsStorage: account('a b') },
    'AzureWebJobsStorage',
  ],
  ['an address for a name', { STATE_STORAGE_SECOND__accountName: 'https://two/' }, 'STATE_STORAGE_SECOND__accountName'],
  ['an event hub with a space', { PRIMARY_TWIN_EVENT_HUB: 'device twin' }, 'PRIMARY_TWIN_EVENT_HUB'],
  ['a consumer group with a space', { TWIN_CONSUMER_GROUP: 'my group' }, 'TWIN_CONSUMER_GROUP'],
  ['a device with a space', { CANARY_DEVICE_ID: 'a canary' }, 'CANARY_DEVICE_ID'],
  ['a client id with a space', { AZURE_CLIENT_ID: 'an id' }, 'AZURE_CLIENT_ID'],
  ['a hexadecimal number', { TWIN_CONCURRENCY: '0x10' }, 'TWIN_CONCURRENCY'],
  ['a number with an exponent', { HOLD_LIMIT_SECONDS: '1e3' }, 'HOLD_LIMIT_SECONDS'],
  ['the same of a share', { MIRROR_QUOTA_SHARE: '5e-1' }, 'MIRROR_QUOTA_SHARE'],
  ['the same of seconds', { WATCH_STEADY_SECONDS: '+30' }, 'WATCH_STEADY_SECONDS'],
  ['no number', { STATE_MAX_AGE_MS: 'Infinity' }, 'STATE_MAX_AGE_MS'],
  ['a misspelt name', { TWIN_CONCURENCY: '8' }, 'TWIN_CONCURENCY', 'TWIN_CONCURRENCY'],
  ['exchanged letters', { REPROTED_STRATEGY: 'device' }, 'REPROTED_STRATEGY'],
  ['a name in other case', { Features: 'sync' }, 'Features', 'FEATURES'],
  ['a name with a space', { 'OPERATOR_KEY ': 'x'.repeat(20) }, 'OPERATOR_KEY'],
  [
    'a part in other case',
    { PRIMARY_TWIN_EVENTS__fullyqualifiednamespace: 'ns' },
    'PRIMARY_TWIN_EVENTS__fullyqualifiedn',
  ],
  ['a part that nobody reads', { STATE_STORAGE__tenantId: 'x' }, 'STATE_STORAGE__tenantId'],
  ['a name of a family of ours', { MIRROR_SHARE_OF_ALL: '1' }, 'MIRROR_SHARE_OF_ALL'],
  ["a binding's other name", { AzureWebJobsPRIMARY_TWIN_EVENTS: namespace('x') }, 'AzureWebJobsPRIMARY_TWIN_EVENTS'],
];

/** All that the error holds; empty where there is none. */
const saidOf = (env: Record<string, string>): string => {
  try {
    loadSettings({ ...least, ...env });
    return '';
  } catch (error) {
    return inspect(error, { depth: 9 });
  }
};

describe('odd settings', () => {
  it.each(odd)('%s: refused by name', (_what, env, ...named) => {
    const { code, message } = problemOf(env);
    expect(code).toBe('invalidSettings');
    for (const name of named) expect(message).toMatch(new RegExp(`(?:^|[ .])${name.split(':')[0]}`));
    expect(message).not.toContain(SECRET.replaceAll('=', ''));
  });

  it('are named all in one message', () => {
    const some = odd.filter(([what]) => /number|base64|EntityPath|misspelt|storage key/.test(what));
    const { message } = problemOf(Object.assign({}, ...some.map(([, env]) => env)) as Record<string, string>);
    for (const [, , name = ''] of some) expect(message).toContain(name.split(':')[0]);
    expect(some.length).toBeGreaterThan(6);
  });

  it.each([
    { WEBSITE_SITE_NAME: 'x', FUNCTIONS_WORKER_RUNTIME: 'node', AzureWebJobsFeatureFlags: 'x', AZURE_TENANT_ID: 'x' },
    { AzureWebJobsDashboard: 'x', AzureWebJobsSecretStorageType: 'files', AzureWebJobsStorage__tenantId: 'x' },
    { PATH: '/bin', PRIMARY_REGION: 'x', HUB: 'x', ARM_CLIENT_ID: 'x', AZURE_CLIENT_SECRET: 'x', NODE_OPTIONS: 'x' },
    { AzureFunctionsJobHost__logging__logLevel__default: 'x', APPLICATIONINSIGHTS_CONNECTION_STRING: 'a=b' },
    { 'AzureWebJobs.twinSync.Disabled': '1', TWIN_CONCURENCY: '' },
  ])("leave alone what is the host's or somebody else's: %o", (env) => {
    expect(loadSettings({ ...least, ...env }).hubs.primary.name).toBe('p');
  });

  it.each([
    ['PRIMARY_HUB__hostName', { PRIMARY_HUB: '', PRIMARY_HUB__hostName: 'p.device.azure-devices.net' }],
    [
      'a SAS of Event Hubs',
      {
        PRIMARY_TWIN_EVENTS:
          'Endpoint=sb://ns.servicebus.windows.net/;SharedAccessSignature=SharedAccessSignature sr=a&sig=b',
      },
    ],
    [
      'an emulator',
      {
        PRIMARY_TWIN_EVENTS:
          'Endpoint=sb://localhost:5672;SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;',
      },
    ],
    ['two event hubs of one namespace', twin],
    ['two accounts', { STATE_STORAGE: account('one'), STATE_STORAGE_SECOND: account('two') }],
    ["a hub's EntityPath", { PRIMARY_TWIN_EVENTS: namespace('ns', ';EntityPath=devicetwin') }],
    ['another cloud', { SECONDARY_HUB: hub('s.azure-devices.cn') }],
  ])('are no others: %s is taken', (_what, env) => {
    expect(loadSettings({ ...least, ...env }).stateStorage).toBeDefined();
  });

  it('show no part of a secret, whatever is odd about them', () => {
    const names = Object.entries(definitions).flatMap(([name, { kind }]) =>
      kind === 'connection' ? [name, `${name}__credential`, `${name}__clientId`] : [name],
    );
    const secret = fc.stringMatching(/^[A-Za-z0-9+/]{24}$/);
    const shape = fc.constantFrom(
      (key: string) => key,
      (key: string) => hub(`${key}.azure-devices.net`, key),
      (key: string) => namespace('ns', `;EntityPath=${key}`, key),
      (key: string) => account('one', `BlobEndpoint=${key}`, `${key}=`),
      (key: string) => `SharedAccessKey=${key};=${key};${key}`,
      (key: string) => `{${key}}`,
      (key: string) => `@Microsoft.KeyVault(${key})`,
      (key: string) => `https://x/?sig=${key}`,
    );
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), shape, { minKeys: 1 }), secret, (shapes, key) => {
        const env = Object.fromEntries(Object.entries(shapes).map(([name, make]) => [name, make(key)]));
        const said = saidOf(env);
        for (let at = 0; at + 8 <= key.length; at += 4) expect(said).not.toContain(key.slice(at, at + 8));
      }),
      { numRuns: 300 },
    );
  });
});
