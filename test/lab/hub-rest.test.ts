import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FaultGate } from '../../lab/contracts.js';
import { registeredRoutes } from '../../lab/hub/https/listener.js';
import { errorNameIn, refusalOf } from './support/hub-refusals.js';
import { startHubServer, type HubServer } from './support/hub-server.js';

let hub: HubServer;
let fault: { status: number } | undefined;
const asked: string[] = [];
const faults: FaultGate = {
  before: (role, plane) => {
    asked.push(`${role} ${plane}`);
    return Promise.resolve(fault);
  },
};
beforeAll(async () => {
  hub = await startHubServer({ faults });
  await hub.registry.create({ deviceId: 'd' });
});
afterAll(() => hub.close());
beforeEach(() => {
  fault = undefined;
});

describe('requests', () => {
  it('need a known api-version', async () => {
    for (const apiVersion of [null, '1999-01-01']) {
      const answer = await hub.rest('GET', '/devices/d', { apiVersion });
      expect([answer.status, errorNameIn(answer.body)]).toEqual([400, 'InvalidProtocolVersion']);
    }
    for (const apiVersion of ['2020-09-30', '2021-04-12', '2024-03-31'])
      expect((await hub.rest('GET', '/devices/d', { apiVersion })).status).toBe(200);
  });

  it.each(['', '{', '[]', 'null', '"text"', '7'])('with the body %j are refused with 400', async (text) => {
    const put = await hub.rest('PUT', '/devices/new', { text });
    const patch = await hub.rest('PATCH', '/twins/d', { text });
    expect([put.status, patch.status]).toEqual([400, 400]);
    expect(errorNameIn(put.body)).toMatch(/^(IotHubFormatError|ArgumentInvalid)$/);
  });

  it('for operations that do not exist get an error body, too', async () => {
    const answer = await hub.rest('GET', '/nothing/here');
    expect([answer.status, errorNameIn(answer.body)]).toEqual([501, 'NotImplemented']);
    expect(answer.headers['content-type']).toContain('application/json');
  });

  it('get JSON, and of a device an ETag header, but an empty 204', async () => {
    const identity = await hub.rest('GET', '/devices/d');
    const { etag } = identity.body as { etag: string };
    expect(identity.headers).toMatchObject({ etag: `"${etag}"`, 'content-type': 'application/json; charset=utf-8' });
    const twin = await hub.rest('GET', '/twins/d');
    expect(twin.headers).not.toHaveProperty('etag');
    const patched = await hub.rest('PATCH', '/twins/d', { body: {} });
    expect(patched.headers).not.toHaveProperty('etag');
    const module = await hub.rest('PUT', '/devices/d/modules/m', { body: {} });
    expect([module.status, module.headers['etag']]).toEqual([200, undefined]);
    await hub.registry.create({ deviceId: 'short' });
    const deleted = await hub.rest('DELETE', '/devices/short', { headers: { 'If-Match': '*' } });
    expect(deleted).toMatchObject({ status: 204, body: undefined });
  });

  it.each(['/devices/d', '/devices/nobody', '/nothing'])(
    'get an id of their own, Server and Vary: %s',
    async (path) => {
      const answers = [await hub.rest('GET', path), await hub.rest('GET', path)];
      const ids = answers.map(({ headers }) => headers['x-ms-request-id']);
      expect(new Set(ids).size).toBe(2);
      for (const { headers } of answers)
        expect(headers).toMatchObject({ server: 'Microsoft-HTTPAPI/2.0', vary: 'Origin' });
    },
  );

  it('of twins refuse an If-Match without quotes', async () => {
    const answer = await hub.rest('PATCH', '/twins/d', {
      body: { tags: {} },
      headers: { 'If-Match': 'AAAAAAAAAAE=' },
    });
    expect([answer.status, errorNameIn(answer.body)]).toEqual([400, 'ArgumentInvalid']);
  });
});

describe('status faults', () => {
  it.each([
    [429, 'ThrottlingException', 'ThrottlingError'],
    [403, 'IotHubQuotaExceeded', 'TooManyDevicesError'],
    [500, 'ServerError', 'InternalServerError'],
    [503, 'ServiceUnavailable', 'ServiceUnavailableError'],
    [404, 'IotHubFailingOver', 'Error'],
  ])('of %i answer as the service would and apply nothing', async (status, errorName, className) => {
    fault = { status };
    const refused = await refusalOf(hub.registry.updateTwin('d', { tags: { touched: true } }, '*'));
    expect(refused).toMatchObject({ status, errorName, className });
    expect(refused.headers['retry-after']).toBeUndefined();
    expect(refused.headers['connection']).toBe(status === 429 ? 'close' : 'keep-alive');
    expect(hub.core.getTwin({ deviceId: 'd' }).tags).toEqual({});
    expect(asked.at(-1)).toBe('primary https');
  });
});

describe('registeredRoutes', () => {
  it('names every operation by method and path', async () => {
    const routes = registeredRoutes();
    const texts = routes.map(({ method, path }) => `${method} ${path}`);
    expect(new Set(texts).size).toBe(texts.length);
    expect(texts).toEqual(expect.arrayContaining(['POST /devices', 'PATCH /twins/:deviceId/modules/:moduleId']));
    for (const { method, path } of routes) {
      const call = ['PUT', 'POST', 'PATCH'].includes(method) ? { text: '1' } : {};
      const answer = await hub.rest(method, path.replace(':deviceId', 'x').replace(':moduleId', 'y'), call);
      expect(answer.headers['iothub-errorcode']).not.toBe('NotImplemented');
    }
  });
});
