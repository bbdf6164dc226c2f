import { execFile } from 'node:child_process';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { json } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { DefaultAzureCredential } from '@azure/identity';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { IotHubClient } from '@azure/arm-iothub';
import type { Lab } from '../../lab/contracts.js';
import { aLab } from './a-lab.js';
import { armClient, armNames, armRefusal, armToken, collect } from './support/arm-client.js';

let lab: Lab;
let client: IotHubClient;
beforeAll(async () => {
  lab = await aLab({ builtInPartitions: 2 });
  for (const [name, value] of Object.entries(lab.description.identityEnv)) vi.stubEnv(name, value);
  client = armClient(lab, { credential: new DefaultAzureCredential() });
});
afterAll(async () => {
  await lab.close();
  vi.unstubAllEnvs();
});

const raw = async (path: string, init: RequestInit = {}) => {
  const answer = await fetch(`https://management.azure.com${path}`, init);
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
};
const signedIn = async () => ({ headers: { authorization: `Bearer ${await armToken(lab)}` } });
const version = '?api-version=2023-06-30';

describe('a hub in Azure Resource Manager', () => {
  it('is described with its state, regions and built-in endpoint', async () => {
    const [group, name] = armNames(lab);
    const hub = await client.iotHubResource.get(group, name);
    expect(hub).toMatchObject({
      id: `/subscriptions/${lab.arm.subscriptionId}/resourceGroups/lab/providers/Microsoft.Devices/IotHubs/${name}`,
      name,
      type: 'Microsoft.Devices/IotHubs',
      sku: { name: 'S1', capacity: 1 },
      properties: {
        state: 'Active',
        provisioningState: 'Succeeded',
        hostName: lab.hub('primary').hostName,
        locations: [
          { location: 'West Europe', role: 'primary' },
          { location: 'North Europe', role: 'secondary' },
        ],
        eventHubEndpoints: {
          events: {
            retentionTimeInDays: 1,
            partitionCount: 2,
            partitionIds: ['0', '1'],
            path: `iothub-ehub-${name}-1`,
            endpoint: `sb://iothub-ns-${name}-1.servicebus.windows.net/`,
          },
        },
      },
    });
    expect(hub.etag).toMatch(/^[A-Za-z0-9+/]+=*$/);
    expect(lab.arm.resourceId('primary')).toBe(hub.id);
  });

  it.each(['primary', 'secondary'] as const)('has the id and the endpoint that the settings name: %s', async (role) => {
    const { settings } = lab.description;
    const hub = await client.iotHubResource.get(...armNames(lab, role));
    expect(settings[`${role.toUpperCase()}_HUB_RESOURCE_ID`]).toBe(hub.id);
    const events = hub.properties?.eventHubEndpoints?.['events'];
    const key = await client.iotHubResource.getKeysForKeyName(...armNames(lab, role), 'service');
    expect(settings[`${role.toUpperCase()}_HUB_EVENTS`]).toBe(
      `Endpoint=${events?.endpoint};SharedAccessKeyName=service;SharedAccessKey=${key.primaryKey};EntityPath=${events?.path}`,
    );
  });

  it('keeps its etag while nothing changes', async () => {
    const first = await client.iotHubResource.get(...armNames(lab));
    expect((await client.iotHubResource.get(...armNames(lab))).etag).toBe(first.etag);
    expect((await client.iotHubResource.get(...armNames(lab, 'secondary'))).etag).not.toBe(first.etag);
  });

  it('shows its routes, and what nobody has set', async () => {
    const hub = await client.iotHubResource.get(...armNames(lab));
    const properties = hub.properties ?? {};
    expect(properties.routing?.endpoints?.eventHubs).toMatchObject([
      { name: 'devicetwin', entityPath: 'devicetwin', endpointUri: expect.stringMatching(/^sb:/) },
    ]);
    expect(properties.routing?.routes?.map(({ source, endpointNames }) => [source, endpointNames])).toEqual([
      ['TwinChangeEvents', ['devicetwin']],
      ['DeviceLifecycleEvents', ['devicetwin']],
    ]);
    expect(properties.routing?.fallbackRoute).toMatchObject({ source: 'DeviceMessages', endpointNames: ['events'] });
    expect(properties).toMatchObject({
      cloudToDevice: { maxDeliveryCount: 10, defaultTtlAsIso8601: 'PT1H' },
      messagingEndpoints: { fileNotifications: { ttlAsIso8601: 'PT1H' } },
      storageEndpoints: { $default: { containerName: '' } },
      ipFilterRules: [],
      publicNetworkAccess: 'Enabled',
      disableLocalAuth: false,
      minTlsVersion: '1.2',
    });
    expect(hub).toMatchObject({ identity: { type: 'None' }, systemData: { createdAt: expect.any(Date) } });
  });

  it.each([
    ['2023-06-30', undefined, undefined],
    ['2026-03-01-preview', 'V2', undefined],
    ['2026-10-01-preview', 'V2', 'Classic'],
  ])('has in version %s what that version has', async (apiVersion, gatewayVersion, connectionProfile) => {
    const path = lab.arm.resourceId('primary');
    const { body } = await raw(`${path}?api-version=${apiVersion}`, await signedIn());
    const { properties } = body as { properties: Record<string, unknown> };
    const { name } = lab.hub('primary');
    const isNew = gatewayVersion !== undefined;
    expect(properties['deviceHostName']).toBe(isNew ? `${name}.device.azure-devices.net` : undefined);
    expect(properties['serviceHostName']).toBe(isNew ? `${name}.service.azure-devices.net` : undefined);
    expect(properties['iotHubDetails']).toEqual(isNew ? { gatewayVersion } : undefined);
    expect(properties['connectionProfile']).toBe(connectionProfile);
  });

  it('tells how the endpoints of its routes are', async () => {
    const health = await collect(client.iotHubResource.listEndpointHealth(...armNames(lab)));
    expect(health).toMatchObject([{ endpointId: 'devicetwin', healthStatus: 'unknown' }]);
  });

  it('is found whatever the case of its id', async () => {
    const path = lab.arm.resourceId('primary').toUpperCase();
    expect(await raw(`${path}/${version}`, await signedIn())).toMatchObject({ status: 200 });
  });
});

describe('keys', () => {
  it('are those of all policies, with their rights', async () => {
    const keys = await collect(client.iotHubResource.listKeys(...armNames(lab)));
    expect(keys.map(({ keyName, rights }) => [keyName, rights])).toEqual([
      ['iothubowner', 'RegistryRead, RegistryWrite, ServiceConnect, DeviceConnect'],
      ['service', 'ServiceConnect'],
      ['device', 'DeviceConnect'],
      ['registryRead', 'RegistryRead'],
      ['registryReadWrite', 'RegistryRead, RegistryWrite'],
    ]);
    expect(lab.hub('primary').connectionString).toContain(`SharedAccessKey=${keys[0]?.primaryKey}`);
    expect(new Set(keys.flatMap(({ primaryKey, secondaryKey }) => [primaryKey, secondaryKey])).size).toBe(10);
  });

  it('are given for one policy, and none for one that is not there', async () => {
    const key = await client.iotHubResource.getKeysForKeyName(...armNames(lab), 'service');
    expect(lab.hub('primary').connectionStringOf('service')).toContain(`SharedAccessKey=${key.primaryKey}`);
    expect(await armRefusal(client.iotHubResource.getKeysForKeyName(...armNames(lab), 'nobody'))).toMatchObject({
      status: 404,
    });
  });
});

describe('consumer groups', () => {
  const list = async (): Promise<(string | undefined)[]> =>
    (await collect(client.iotHubResource.listEventHubConsumerGroups(...armNames(lab), 'events'))).map(
      ({ name }) => name,
    );
  const create = (path: string, name = path) =>
    client.iotHubResource.createEventHubConsumerGroup(...armNames(lab), 'events', path, { properties: { name } });

  it('are listed, made, made again, read in any case and removed', async () => {
    expect(await list()).toEqual(['$Default']);
    expect(await create('relay')).toMatchObject({ name: 'relay', id: expect.stringMatching(/ConsumerGroups\/relay$/) });
    await create('relay');
    expect(await list()).toEqual(['$Default', 'relay']);
    expect(await client.iotHubResource.getEventHubConsumerGroup(...armNames(lab), 'events', 'RELAY')).toMatchObject({
      name: 'relay',
    });
    await client.iotHubResource.deleteEventHubConsumerGroup(...armNames(lab), 'events', 'relay');
    expect(await list()).toEqual(['$Default']);
  });

  it.each([
    ['without a body', undefined],
    ['without the name in it', '{"properties":{}}'],
    ['with another name in it', '{"properties":{"name":"other"}}'],
  ])('are not made %s', async (_what, body) => {
    const { headers } = await signedIn();
    const path = `${lab.arm.resourceId('primary')}/eventHubEndpoints/events/ConsumerGroups/relay${version}`;
    const answer = await raw(path, {
      method: 'PUT',
      headers: { ...headers, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body }),
    });
    expect(answer).toMatchObject({ status: 400, body: { code: 400_007, httpStatusCode: 'BadRequest' } });
    expect(await list()).toEqual(['$Default']);
  });

  it('are refused by a name that Event Hubs does not take, for another endpoint, and where there is none', async () => {
    expect(await armRefusal(create('a b'))).toMatchObject({ status: 400 });
    const groups = client.iotHubResource;
    expect(await armRefusal(groups.getEventHubConsumerGroup(...armNames(lab), 'other', '$Default'))).toMatchObject({
      status: 404,
    });
    expect(await armRefusal(groups.deleteEventHubConsumerGroup(...armNames(lab), 'events', 'nobody'))).toMatchObject({
      status: 404,
    });
    expect(await armRefusal(groups.deleteEventHubConsumerGroup(...armNames(lab), 'events', '$Default'))).toMatchObject({
      status: 400,
    });
  });
});

describe('what Resource Manager refuses', () => {
  it('is told in its own form', async () => {
    const [group, name] = armNames(lab);
    const refusal = (...names: [string, string]) => armRefusal(client.iotHubResource.get(...names));
    expect(await refusal(group, 'nobody')).toMatchObject({ status: 404, code: 'ResourceNotFound' });
    expect(await refusal('other', name)).toMatchObject({ status: 404, code: 'ResourceGroupNotFound' });
    const elsewhere = lab.arm.resourceId('primary').replace(lab.arm.subscriptionId, 'other');
    expect(await raw(`${elsewhere}${version}`, await signedIn())).toMatchObject({
      status: 404,
      body: { error: { code: 'SubscriptionNotFound' } },
    });
    for (const path of ['/subscriptions', `${lab.arm.resourceId('primary')}/certificates`])
      expect(await raw(`${path}${version}`, await signedIn())).toMatchObject({
        status: 501,
        body: { error: { code: 'NotImplemented' } },
      });
    expect(await raw(lab.arm.resourceId('primary'), await signedIn())).toMatchObject({
      status: 400,
      body: { error: { code: 'MissingApiVersionParameter' } },
    });
  });

  it.each([
    ['without a token', async () => undefined, 'AuthenticationFailed'],
    ['with a key', async () => 'SharedAccessSignature sr=x', 'InvalidAuthenticationToken'],
    ['with a token of nobody', async () => 'Bearer x.y.z', 'InvalidAuthenticationToken'],
    [
      'with a token for hubs',
      async () => `Bearer ${await armToken(lab, 'https://iothubs.azure.net/.default')}`,
      'InvalidAuthenticationToken',
    ],
  ])('are requests %s', async (_what, authorization, code) => {
    const value = await authorization();
    const headers: Record<string, string> = value === undefined ? {} : { authorization: value };
    const answer = await raw(`${lab.arm.resourceId('primary')}${version}`, { headers });
    expect(answer).toMatchObject({ status: 401, body: { error: { code } } });
  });
});

it('is reached by any Node process that has the environment of the laboratory', async () => {
  const script = `fetch(process.argv[1]).then((answer) => answer.text()).then((text) => console.log(text))`;
  const env = { ...process.env, ...lab.description.env };
  const url = `${lab.arm.endpoint}${lab.arm.resourceId('primary')}${version}`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script, url], { env });
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'AuthenticationFailed' } });
});

describe('several laboratories in one process', () => {
  /** On a connection of its own: the SDK keeps those it has. */
  const ask = async (): Promise<{ error?: { code: string }; name?: string }> => {
    const { headers } = await signedIn();
    const url = `https://management.azure.com${lab.arm.resourceId('primary')}${version}`;
    const [answer] = (await once(get(url, { headers, agent: false }), 'response')) as [IncomingMessage];
    return (await json(answer)) as Awaited<ReturnType<typeof ask>>;
  };

  it('give the name of Resource Manager to the last one, and back', async () => {
    const other = await aLab();
    expect(await ask()).toMatchObject({ error: { code: 'InvalidAuthenticationToken' } });
    await other.close();
    expect(await ask()).toMatchObject({ name: lab.hub('primary').name });
  });
});
