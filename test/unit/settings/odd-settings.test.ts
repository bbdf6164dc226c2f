import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../../src/settings.js';
import { least, problemOf } from './settings-support.js';

const key = 'c2VjcmV0LWtleQ==';
const hub = (hostName: string, more = '') =>
  `HostName=${hostName};SharedAccessKeyName=app;SharedAccessKey=${key}${more}`;
const namespace = (more = '', secret = key) =>
  `Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=read;SharedAccessKey=${secret}${more}`;
const account = (name: string, secret = key) =>
  `DefaultEndpointsProtocol=https;AccountName=${name};AccountKey=${secret};EndpointSuffix=core.windows.net`;

/** What is set on top of the least, and what the one message must say of it. */
const odd: [about: string, env: Record<string, string>, said: string][] = [
  [
    'one event hub for both',
    { PRIMARY_TWIN_EVENTS: namespace(), SECONDARY_TWIN_EVENTS: namespace(), SECONDARY_TWIN_EVENT_HUB: 'DeviceTwin' },
    'SECONDARY_TWIN_EVENT_HUB: is the event hub of PRIMARY_TWIN_EVENTS',
  ],
  [
    'one event hub for both, one by identity',
    {
      PRIMARY_TWIN_EVENTS: namespace(),
      SECONDARY_TWIN_EVENTS__fullyQualifiedNamespace: 'NS.servicebus.windows.net',
      SECONDARY_TWIN_EVENT_HUB: 'devicetwin',
    },
    'SECONDARY_TWIN_EVENT_HUB: is the event hub',
  ],
  ['the same hub by a trailing dot', { SECONDARY_HUB: hub('p.azure-devices.net.') }, 'SECONDARY_HUB: is the same hub'],
  ['hubs of one name in two clouds', { SECONDARY_HUB: hub('p.azure-devices.cn') }, 'SECONDARY_HUB: is the same hub'],
  [
    'a string and an address of different hubs',
    { PRIMARY_HUB__hostName: 'other.azure-devices.net' },
    'PRIMARY_HUB: is set, and PRIMARY_HUB__hostName',
  ],
  [
    'braces of the example',
    { PRIMARY_HUB: hub('{primary}.azure-devices.net') },
    'PRIMARY_HUB: still holds a {placeholder}',
  ],
  [
    'braces in a part',
    { STATE_STORAGE__accountName: '{account}' },
    'STATE_STORAGE__accountName still holds a {placeholder}',
  ],
  [
    'a scheme',
    { SECONDARY_HUB: hub('https://s.azure-devices.net') },
    'SECONDARY_HUB: HostName must be a host name without a scheme',
  ],
  [
    'a port',
    { SECONDARY_HUB: hub('s.azure-devices.net:443') },
    'SECONDARY_HUB: HostName must be a host name without a port',
  ],
  [
    'a path',
    { SECONDARY_HUB: hub('s.azure-devices.net/devices') },
    'SECONDARY_HUB: HostName must be a host name without a path',
  ],
  [
    'a space',
    { SECONDARY_HUB: hub('s .azure-devices.net') },
    'SECONDARY_HUB: HostName must be a host name without spaces',
  ],
  [
    'a dot at the end',
    { SECONDARY_HUB: hub('s.azure-devices.net.') },
    'SECONDARY_HUB: HostName must be a host name without a dot',
  ],
  ['no host name', { SECONDARY_HUB: hub('s') }, 'SECONDARY_HUB: HostName is no host name'],
  [
    'a Service Bus name',
    { SECONDARY_HUB: hub('s.servicebus.windows.net') },
    'SECONDARY_HUB: HostName is an Event Hubs namespace',
  ],
  [
    'a key that is not base64',
    { SECONDARY_HUB: `${hub('s.azure-devices.net').slice(0, -4)}!` },
    'SECONDARY_HUB: the SharedAccessKey in the connection string is not base64',
  ],
  ['an unknown credential', { PRIMARY_HUB__credential: 'password' }, 'PRIMARY_HUB__credential must be managedidentity'],
  ['garbage for events', { PRIMARY_TWIN_EVENTS: 'garbage' }, 'PRIMARY_TWIN_EVENTS: no Endpoint'],
  [
    "a hub's own string for events",
    { PRIMARY_TWIN_EVENTS: hub('p.azure-devices.net') },
    "PRIMARY_TWIN_EVENTS: is a hub's connection string",
  ],
  [
    'another EntityPath',
    { PRIMARY_TWIN_EVENTS: namespace(';EntityPath=other') },
    'PRIMARY_TWIN_EVENT_HUB: is another Event Hub than the EntityPath',
  ],
  [
    'an address of events with a scheme',
    { PRIMARY_TWIN_EVENTS__fullyQualifiedNamespace: 'sb://ns.servicebus.windows.net' },
    'PRIMARY_TWIN_EVENTS__fullyQualifiedNamespace must be a host name',
  ],
  [
    'the second account equal to the first',
    { STATE_STORAGE: account('one'), STATE_STORAGE_SECOND: account('One') },
    'STATE_STORAGE_SECOND: is the same account as STATE_STORAGE',
  ],
  [
    'the witness equal to the second',
    { STATE_STORAGE_SECOND: account('two'), STATE_STORAGE_WITNESS__accountName: 'two' },
    'STATE_STORAGE_WITNESS: is the same account as STATE_STORAGE_SECOND',
  ],
  [
    'a storage string that is none',
    { STATE_STORAGE: 'https://account.blob.core.windows.net' },
    'STATE_STORAGE: no AccountName',
  ],
  [
    'a storage key that is not base64',
    { STATE_STORAGE: account('one', 'not-base64') },
    'STATE_STORAGE: the AccountKey in the connection string is not base64',
  ],
  ['an event hub with a space', { PRIMARY_TWIN_EVENT_HUB: 'device twin' }, 'PRIMARY_TWIN_EVENT_HUB: is no name'],
  ['a consumer group with a space', { TWIN_CONSUMER_GROUP: 'my group' }, 'TWIN_CONSUMER_GROUP: is no name'],
  ['a number in hexadecimal', { TWIN_CONCURRENCY: '0x10' }, 'TWIN_CONCURRENCY: must be a number in digits'],
  ['a number with an exponent', { HOLD_LIMIT_SECONDS: '1e3' }, 'HOLD_LIMIT_SECONDS: must be a number in digits'],
  [
    'a misspelt name',
    { PRIMARY_TWIN_EVNETS: namespace() },
    'PRIMARY_TWIN_EVNETS: is no setting, PRIMARY_TWIN_EVENTS is meant',
  ],
  ['a name in another case', { Twin_Concurrency: '8' }, 'Twin_Concurrency: is no setting, TWIN_CONCURRENCY is meant'],
  ['a name with a space', { 'TWIN_CONCURRENCY ': '8' }, 'TWIN_CONCURRENCY : is no setting, TWIN_CONCURRENCY is meant'],
  [
    'a part that no hub has',
    { PRIMARY_HUB__endpoint: 'x' },
    'PRIMARY_HUB__endpoint: is no setting, PRIMARY_HUB__hostName',
  ],
];

describe('odd settings', () => {
  it.each(odd)('%s: the message names it', (_about, env, said) => {
    expect(problemOf(env).message).toContain(said);
  });

  it('are all in one message, and no message holds a key or a value', () => {
    const together = Object.assign({}, ...odd.toReversed().map(([, env]) => env)) as Record<string, string>;
    const { message } = problemOf(together);
    for (const name of [
      'PRIMARY_TWIN_EVENTS',
      'SECONDARY_HUB',
      'STATE_STORAGE',
      'TWIN_CONCURRENCY',
      'PRIMARY_TWIN_EVNETS',
    ])
      expect(message).toContain(name);
    for (const text of [message, ...odd.map(([, env]) => problemOf(env).message)])
      for (const secret of [key, 'c2VjcmV0', 'not-base64', 'garbage', 'device twin', 'password'])
        expect(text).not.toContain(secret);
  });
});

describe('settings that only look odd', () => {
  it.each([
    ['the string of one event hub', { PRIMARY_TWIN_EVENTS: namespace(';EntityPath=devicetwin') }],
    [
      "the emulator's string",
      {
        PRIMARY_TWIN_EVENTS: `Endpoint=sb://127.0.0.1:5672;SharedAccessKeyName=Root;SharedAccessKey=${key};UseDevelopmentEmulator=true`,
      },
    ],
    [
      'a storage string with a SAS',
      {
        STATE_STORAGE:
          'BlobEndpoint=https://a.blob.core.windows.net;QueueEndpoint=https://a.queue.core.windows.net;TableEndpoint=https://a.table.core.windows.net;SharedAccessSignature=sv=1&sig=x%3D',
      },
    ],
    [
      'two Azurites',
      {
        STATE_STORAGE: `${account('devstoreaccount1')};BlobEndpoint=http://127.0.0.1:1/devstoreaccount1`,
        STATE_STORAGE_SECOND: `${account('devstoreaccount1')};BlobEndpoint=http://127.0.0.1:2/devstoreaccount1`,
      },
    ],
    [
      "names of the host, of other software, and of the host's storage",
      {
        WEBSITE_HOSTNAME: 'x',
        PATH: '/bin',
        AzureWebJobsStorage__queueServiceUri: 'https://a.queue.core.windows.net',
        AzureWebJobsSecretStorageType: 'files',
        FUNCTIONS_WORKER_RUNTIME: 'node',
        'AzureWebJobs.twinSync.Disabled': '1',
      },
    ],
    ['a string and an address of one hub', { PRIMARY_HUB__hostName: 'P.azure-devices.net' }],
  ])('%s are taken', (_about, env) => {
    expect(() => loadSettings({ ...least, ...env })).not.toThrow();
  });
});
