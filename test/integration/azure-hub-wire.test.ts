import { inspect } from 'node:util';
import type { TokenCredential } from '@azure/identity';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createHubClient, type HubClient } from '../../src/azure/hub/hub-client.js';
import { json, raw, refusal, startEvilHub, type Answer, type EvilHub } from '../unit/azure/support/evil-hub.js';
import {
  aDevice,
  aTwin,
  content,
  deleteDevice,
  deleteModule,
  operations,
  reasonOf,
  watchedClient,
  type WatchedClient,
} from '../unit/azure/support/hub-samples.js';

let hub: EvilHub;
let client: HubClient;
let sleeps: WatchedClient['sleeps'];
const logger = { event: () => undefined };
beforeAll(async () => {
  hub = await startEvilHub();
});
afterAll(async () => {
  await hub.close();
});
beforeEach(() => {
  ({ client, sleeps } = watchedClient(hub));
});
afterEach(() => client.close());

describe('the codes of the service', () => {
  const cases: [string, Answer, string, boolean][] = [
    ['404012', refusal(404, 'IotHubFailingOver'), 'hubFailingOver', true],
    ['404 without a code', raw(404, 'gone'), 'hubNotFound', true],
    ['404 of another kind', refusal(404, 'JobNotFound'), 'hubNotFound', true],
    ['401001', refusal(401, 'IotHubNotFound'), 'hubNotFound', true],
    ['401003', refusal(401, 'IotHubUnauthorizedAccess'), 'hubUnauthorized', true],
    ['403 without a body', raw(403, '', {}), 'hubUnauthorized', true],
    ['403002', refusal(403, 'IotHubQuotaExceeded'), 'hubQuotaExceeded', true],
    ['409 of another kind', refusal(409, 'LinkCreationConflict'), 'requestRefused', false],
    ['412001', refusal(412, 'PreconditionFailed'), 'preconditionFailed', true],
    ['400', refusal(400, 'ArgumentInvalid'), 'requestRefused', false],
    ['413', refusal(413, 'MessageTooLarge'), 'requestRefused', false],
    ['a body of null', raw(400, 'null'), 'requestRefused', false],
  ];
  it.each(cases)('%s', async (_name, answer, code, retryable) => {
    hub.answer(answer);
    for (const operation of [...Object.values(operations), deleteDevice, deleteModule]) {
      expect(await reasonOf(operation(client))).toMatchObject({ code, retryable });
    }
    expect(sleeps).toEqual([]);
  });
});

describe('requests on the wire', () => {
  const strange = 'a#b?c%d+e';
  const path = 'a%23b%3Fc%25d%2Be';

  it('percent-encode ids and send ETags quoted', async () => {
    const strangeTwin = { ...aTwin, deviceId: strange };
    const ofModule = { ...strangeTwin, moduleId: strange };
    hub.answer(json(200, strangeTwin), json(200, strangeTwin), json(200, ofModule));
    await client.getTwin({ deviceId: strange });
    await client.patchTwin({ deviceId: strange }, { tags: { a: null }, desired: { b: 1 } }, 'AAE=');
    await client.patchTwin({ deviceId: strange, moduleId: strange }, { desired: {} });
    expect(hub.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `GET /twins/${path}?api-version=2021-04-12`,
      `PATCH /twins/${path}?api-version=2021-04-12`,
      `PATCH /twins/${path}/modules/${path}?api-version=2021-04-12`,
    ]);
    expect(hub.requests.map(({ headers }) => headers['if-match'])).toEqual([undefined, '"AAE="', '"*"']);
    expect(hub.requests.map(({ body }) => body)).toEqual([
      '',
      '{"tags":{"a":null},"properties":{"desired":{"b":1}}}',
      '{"properties":{"desired":{}}}',
    ]);
  });

  it.each([
    ['a page', raw(200, '<!doctype html>', { 'content-type': 'text/html' })],
    ['nothing, with 200', raw(200, '', {})],
  ])('take no other success for a delete: %s', async (_name, answer) => {
    hub.answer(answer);
    expect(await reasonOf(deleteDevice(client))).toMatchObject({ code: 'hubBadAnswer', retryable: true });
    expect(await reasonOf(deleteModule(client))).toMatchObject({ code: 'hubBadAnswer', retryable: true });
  });

  it('delete a module conditionally, which answers without a body', async () => {
    hub.answer(raw(204, '', {}));
    await client.deleteIdentity({ deviceId: strange, moduleId: strange }, 'MQ==');
    expect(hub.requests[0]).toMatchObject({
      method: 'DELETE',
      url: `/devices/${path}/modules/${path}?api-version=2021-04-12`,
      headers: { 'if-match': '"MQ=="' },
    });
  });

  it('create without If-Match and with the whole authentication', async () => {
    hub.answer(json(200, { ...aDevice, deviceId: strange }));
    await client.createIdentity({
      ...content,
      key: { deviceId: strange },
      authentication: { type: 'certificateAuthority' },
    });
    expect(hub.requests[0]).toMatchObject({ method: 'PUT', url: `/devices/${path}?api-version=2021-04-12` });
    expect(hub.requests[0]?.headers['if-match']).toBeUndefined();
    expect(JSON.parse(hub.requests[0]!.body)).toEqual({
      deviceId: strange,
      status: 'enabled',
      statusReason: null,
      authentication: { type: 'certificateAuthority' },
      capabilities: { iotEdge: false },
    });
  });

  it('update and delete devices conditionally, each by one call', async () => {
    hub.answer(json(200, { ...aDevice, deviceId: strange }), raw(204, '', {}));
    const content2 = { ...content, key: { deviceId: strange }, deviceScope: 'of-this-hub', parentScopes: ['a', 'b'] };
    expect(await client.updateIdentity(content2, 'MQ==')).toMatchObject({ etag: 'MQ==', generationId: 'g' });
    await client.deleteIdentity({ deviceId: strange }, 'MQ==');
    expect(hub.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `PUT /devices/${path}?api-version=2021-04-12`,
      `DELETE /devices/${path}?api-version=2021-04-12`,
    ]);
    expect(hub.requests.map(({ headers }) => headers['if-match'])).toEqual(['"MQ=="', '"MQ=="']);
    expect(JSON.parse(hub.requests[0]!.body)).toEqual({
      deviceId: strange,
      status: 'enabled',
      statusReason: null,
      authentication: content.authentication,
      capabilities: { iotEdge: false },
      deviceScope: 'of-this-hub',
      parentScopes: ['a', 'b'],
    });
  });

  it.each([
    ['412', refusal(412, 'PreconditionFailed'), 'preconditionFailed'],
    ['400023', refusal(400, 'EtagDoesNotMatch'), 'preconditionFailed'],
  ])('tell a stale ETag: %s', async (_name, answer, code) => {
    hub.answer(answer);
    expect(await reasonOf(client.updateIdentity(content, 'MQ=='))).toMatchObject({ code });
    expect(await reasonOf(client.deleteIdentity({ deviceId: 'd' }, 'MQ=='))).toMatchObject({ code });
  });

  it('carry a token for the hub, fetched once', async () => {
    const scopes: unknown[] = [];
    const credential: TokenCredential = {
      getToken: (scope) => {
        scopes.push(scope);
        return Promise.resolve({ token: 'T0KEN', expiresOnTimestamp: Date.now() + 3_600_000 });
      },
    };
    const connection = { kind: 'identity' as const, hostName: hub.hostName, credential };
    const byIdentity = createHubClient({ hostName: hub.hostName, connection, callTimeoutInMs: 5_000, logger });
    hub.answer(json(200, aTwin));
    await byIdentity.getTwin({ deviceId: 'd' });
    await byIdentity.getTwin({ deviceId: 'd' });
    expect(scopes).toEqual(['https://iothubs.azure.net/.default']);
    expect(hub.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer T0KEN', 'Bearer T0KEN']);
    byIdentity.close();
  });

  it('no token: hubUnauthorized', async () => {
    const credential: TokenCredential = {
      getToken: () => Promise.reject(Object.assign(new Error('SECRET-TEXT'), { name: 'CredentialUnavailableError' })),
    };
    const connection = { kind: 'identity' as const, hostName: hub.hostName, credential };
    const byIdentity = createHubClient({ hostName: hub.hostName, connection, callTimeoutInMs: 5_000, logger });
    const error = await reasonOf(byIdentity.getTwin({ deviceId: 'd' }));
    expect(error).toMatchObject({ code: 'hubUnauthorized', retryable: true });
    expect(inspect(error, { depth: 9 })).not.toContain('SECRET');
  });
});

describe('answers as the rooms see them', () => {
  it('twins without service fields at any depth, names and numbers as they are', async () => {
    const body = `{"deviceId":"d","moduleId":"m","etag":"AAE=","version":7,
      "tags":{"__proto__":{"x":1},"constructor":{"y":null},"list":[{"$metadata":1,"a":4503599627370495}]},
      "properties":{"desired":{"a":{"b":{"$version":3,"c":0.1}},"$metadata":{},"$version":3},"reported":{"$version":1}}}`;
    hub.answer(raw(200, body));
    const twin = await client.getTwin({ deviceId: 'd', moduleId: 'm' });
    expect(twin).toMatchObject({ key: { deviceId: 'd', moduleId: 'm' }, etag: 'AAE=', version: 7, reported: {} });
    expect(JSON.stringify(twin!.tags)).toBe(
      '{"__proto__":{"x":1},"constructor":{"y":null},"list":[{"a":4503599627370495}]}',
    );
    expect(twin!.desired).toEqual({ a: { b: { c: 0.1 } } });
  });

  it('devices and modules, each with the fields of its kind', async () => {
    hub.answer(json(200, { ...aDevice, status: 'disabled', statusReason: 'stolen', capabilities: { iotEdge: true } }));
    expect(await client.getIdentity({ deviceId: 'd' })).toEqual({
      key: { deviceId: 'd' },
      generationId: 'g',
      etag: 'MQ==',
      authentication: { type: 'sas', symmetricKey: { primaryKey: 'cA==', secondaryKey: 'cw==' } },
      status: 'disabled',
      statusReason: 'stolen',
      iotEdge: true,
    });
    const thumbprints = { primaryThumbprint: 'AA', secondaryThumbprint: null };
    hub.answer(
      json(200, {
        ...aDevice,
        deviceScope: 'own',
        parentScopes: ['up'],
        connectionState: 'Connected',
        lastActivityTime: '2026-11-01T10:00:00.1234567',
      }),
    );
    expect(await client.getIdentity({ deviceId: 'd' })).toMatchObject({
      deviceScope: 'own',
      parentScopes: ['up'],
      connectionState: 'Connected',
      lastActivityTime: new Date('2026-11-01T10:00:00.123Z'),
    });
    const never = { deviceScope: '', parentScopes: [], lastActivityTime: '0001-01-01T00:00:00' };
    hub.answer(json(200, { ...aDevice, ...never }));
    for (const field of Object.keys(never))
      expect(await client.getIdentity({ deviceId: 'd' })).not.toHaveProperty(field);
    const module = {
      deviceId: 'd',
      moduleId: 'm',
      generationId: 'g',
      etag: 'MQ==',
      managedBy: 'iotEdge',
      authentication: { type: 'selfSigned', symmetricKey: null, x509Thumbprint: thumbprints },
    };
    hub.answer(json(200, [module]));
    expect(await client.listModules('d')).toEqual([
      {
        key: { deviceId: 'd', moduleId: 'm' },
        generationId: 'g',
        etag: 'MQ==',
        managedBy: 'iotEdge',
        authentication: { type: 'selfSigned', x509Thumbprint: thumbprints },
      },
    ]);
  });
});

describe('connections', () => {
  it('are kept and shared', async () => {
    hub.answer(json(200, aTwin));
    for (let n = 0; n < 5; n += 1) {
      await client.getTwin({ deviceId: 'd' });
    }
    expect(hub.openSockets()).toBe(1);
  });

  it('a connection string that cannot be read is named without being shown', () => {
    const connection = { kind: 'connectionString' as const, value: 'HostName=x;SharedAccessKey=SECRET' };
    let thrown: unknown;
    try {
      createHubClient({ hostName: 'x', connection, callTimeoutInMs: 1, logger });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'invalidSettings' });
    expect(inspect(thrown)).not.toContain('SECRET');
  });
});
