import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { HubClient } from '../../src/azure/hub/hub-client.js';
import { json, raw, startEvilHub, type Answer, type EvilHub } from '../unit/azure/support/evil-hub.js';
import { aDevice, reasonOf, watchedClient } from '../unit/azure/support/hub-samples.js';

let hub: EvilHub;
let client: HubClient;
beforeAll(async () => {
  hub = await startEvilHub();
});
afterAll(() => hub.close());
beforeEach(() => {
  ({ client } = watchedClient(hub));
});
afterEach(() => client.close());

const device = { deviceId: 'd' };
const module = { deviceId: 'd', moduleId: 'm' };
const named = (name: string) => ({ 'iothub-errorcode': name });
const message = (name: string) => ({ Message: `ErrorCode:${name};not registered`, ExceptionMessage: 'Tracking ID:x' });
const said = (status: number, name: string): Answer => json(status, message(name), named(name));

describe('what proves that an identity is gone', () => {
  const envelope = { errorCode: 404010, message: 'x', trackingId: 'x', timestampUtc: '2026-11-01T00:00:00Z' };
  it.each([
    ['404001 for a device', device, said(404, 'DeviceNotFound')],
    ['404001 as JSON in the message', device, json(404, { Message: '{"errorCode":404001}' }, named('DeviceNotFound'))],
    ['404010 for a module', module, said(404, 'ModuleNotFound')],
    ['404010 in the second envelope', module, json(404, envelope, named('ModuleNotFound'))],
    ['404001 for a module: its device is gone', module, said(404, 'DeviceNotFound')],
  ])('%s', async (_name, key, answer) => {
    hub.answer(answer);
    expect(await client.getIdentity(key)).toBeUndefined();
    expect(await client.getTwin(key)).toBeUndefined();
    await client.deleteIdentity(key, 'MQ==');
    expect(await reasonOf(client.patchTwin(key, { desired: {} }))).toMatchObject({
      code: expect.stringMatching(/^(device|module)NotFound$/),
    });
  });
});

describe('what proves nothing', () => {
  const quoting = 'The proxy was told: ErrorCode:DeviceNotFound;Device not registered';
  const bulkBody = { isSuccessful: false, errors: [{ deviceId: 'd', errorCode: 'DeviceNotFound', errorStatus: 'x' }] };
  const cases: [string, Answer, string][] = [
    ['500 with the code', said(500, 'DeviceNotFound'), 'hubUnavailable'],
    ['503 with the code', said(503, 'DeviceNotFound'), 'hubUnavailable'],
    ['400 with the code', said(400, 'DeviceNotFound'), 'hubBadAnswer'],
    ['403 with the code', said(403, 'DeviceNotFound'), 'hubBadAnswer'],
    ['410 with the code', said(410, 'DeviceNotFound'), 'hubBadAnswer'],
    ['ModuleNotFound for a device', said(404, 'ModuleNotFound'), 'hubBadAnswer'],
    ['a message that quotes the code', json(404, { Message: quoting }, named('DeviceNotFound')), 'hubNotFound'],
    ['a bulk body with the code', json(404, bulkBody, named('DeviceNotFound')), 'hubNotFound'],
    ['a bulk body with the code, 400', json(400, bulkBody), 'requestRefused'],
    ['the code in the body alone', json(404, message('DeviceNotFound')), 'hubNotFound'],
    ['the code in the header alone', raw(404, '', named('DeviceNotFound')), 'hubNotFound'],
    ['another code in the header', json(404, message('DeviceNotFound'), named('IotHubFailingOver')), 'hubNotFound'],
    ['another code in the body', json(404, message('JobNotFound'), named('DeviceNotFound')), 'hubNotFound'],
    ['a bare 404', raw(404, '', {}), 'hubNotFound'],
    ['404 with a page', raw(404, '<h1>Not found</h1>', { 'content-type': 'text/html' }), 'hubNotFound'],
    ['404012', said(404, 'IotHubFailingOver'), 'hubFailingOver'],
    ['401', raw(401, '', {}), 'hubUnauthorized'],
    ['403', raw(403, '', {}), 'hubUnauthorized'],
    ['410', raw(410, '', {}), 'requestRefused'],
    ['200 with nothing', raw(200, ''), 'hubBadAnswer'],
    ['200 with null', raw(200, 'null'), 'hubBadAnswer'],
    ['200 with {}', raw(200, '{}'), 'hubBadAnswer'],
    ['200 with []', raw(200, '[]'), 'hubBadAnswer'],
    ['200 with the refusal in it', json(200, message('DeviceNotFound'), named('DeviceNotFound')), 'hubBadAnswer'],
    ['204', raw(204, '', {}), 'hubBadAnswer'],
    ['301 to another place', raw(301, '', { location: 'https://elsewhere.example' }), 'hubBadAnswer'],
    ['another device', json(200, { ...aDevice, deviceId: 'other' }), 'hubBadAnswer'],
    ['a module in its place', json(200, { ...aDevice, moduleId: 'm' }), 'hubBadAnswer'],
  ];
  it.each(cases)('%s', async (_name, answer, code) => {
    hub.answer(answer);
    expect(await reasonOf(client.getIdentity(device))).toMatchObject({ code });
  });

  it.each(cases.filter(([, , code]) => code !== 'hubBadAnswer'))('nor of a module: %s', async (_name, answer) => {
    hub.answer(answer);
    expect(await reasonOf(client.getIdentity(module))).toMatchObject({
      code: expect.not.stringMatching(/^(device|module)NotFound$/),
    });
  });

  it("a server without the hub's certificate: nobody is asked at all", async () => {
    hub.answer(said(404, 'DeviceNotFound'));
    const elsewhere = watchedClient({
      ...hub,
      hostName: 'localhost',
      connectionString: hub.connectionString.replace(hub.hostName, `localhost:${hub.listener.port}`),
    });
    expect(await reasonOf(elsewhere.client.getIdentity(device))).toMatchObject({ code: 'hubUnreachable' });
    elsewhere.client.close();
  });
});
