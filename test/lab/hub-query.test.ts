import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorNameIn, refusalOf } from './support/hub-refusals.js';
import { startHubServer, type HubServer } from './support/hub-server.js';

let hub: HubServer;
const ids = Array.from({ length: 25 }, (_, index) => `d${String(index).padStart(3, '0')}`);
beforeAll(async () => {
  hub = await startHubServer();
  for (const deviceId of [...ids].reverse()) hub.core.createIdentity({ deviceId }, {});
  hub.core.createIdentity({ deviceId: 'd003', moduleId: 'm' }, {});
  hub.core.patchTwin({ deviceId: 'd003' }, { tags: { site: 'x' }, desired: { rate: 3 } });
});
afterAll(() => hub.close());

const ask = (query: unknown, headers: Record<string, string> = {}) =>
  hub.rest('POST', '/devices/query', { body: { query } as never, headers });
const idsIn = (body: unknown) => (body as { deviceId: string }[]).map(({ deviceId }) => deviceId);

describe('POST /devices/query', () => {
  it('pages through every device once, with its twin', async () => {
    const query = hub.registry.createQuery('SELECT * FROM devices', 10);
    const pages: string[][] = [];
    const twins: unknown[] = [];
    while (query.hasMoreResults) {
      const { result } = await query.nextAsTwin();
      pages.push(result.map(({ deviceId }) => deviceId));
      twins.push(...result);
    }
    expect(pages.map((page) => page.length)).toEqual([10, 10, 5]);
    expect(pages.flat()).toEqual(ids);
    expect(twins[3]).toMatchObject({ tags: { site: 'x' }, properties: { desired: { rate: 3 } } });
  });

  it('answers ids alone when asked for them, and no continuation at the end', async () => {
    const { status, headers, body } = await ask('select deviceId from devices');
    expect([status, headers['x-ms-item-type'], headers['x-ms-continuation']]).toEqual([200, 'raw', undefined]);
    expect(body).toEqual(ids.map((deviceId) => ({ deviceId })));
    expect((await ask('SELECT * FROM devices')).headers['x-ms-item-type']).toBe('twin');
  });

  it('ends a page that holds the last device without a continuation', async () => {
    const { headers, body } = await ask('SELECT * FROM devices', { 'x-ms-max-item-count': '25' });
    expect([idsIn(body).length, headers['x-ms-continuation']]).toEqual([25, undefined]);
  });

  it('goes on behind the last device of a page when devices came and went meanwhile', async () => {
    const first = await ask('SELECT * FROM devices', { 'x-ms-max-item-count': '10' });
    const continuation = String(first.headers['x-ms-continuation']);
    hub.core.deleteIdentity({ deviceId: 'd009' }, '*');
    hub.core.createIdentity({ deviceId: 'd000a' }, {});
    const second = await ask('SELECT * FROM devices', { 'x-ms-continuation': continuation });
    expect(idsIn(second.body)).toEqual(ids.slice(10));
    hub.core.deleteIdentity({ deviceId: 'd000a' }, '*');
    hub.core.createIdentity({ deviceId: 'd009' }, {});
  });

  it('gives no more than 100 devices at once', async () => {
    const more = Array.from({ length: 100 }, (_, index) => `e${index}`);
    for (const deviceId of more) hub.core.createIdentity({ deviceId }, {});
    const { headers, body } = await ask('SELECT * FROM devices', { 'x-ms-max-item-count': '1000' });
    expect(idsIn(body)).toHaveLength(100);
    expect(headers['x-ms-continuation']).toBeDefined();
    for (const deviceId of more) hub.core.deleteIdentity({ deviceId }, '*');
  });

  it.each([
    ['a query that it does not know', { query: "SELECT * FROM devices WHERE tags.site = 'x'" }],
    ['no query', {}],
    ['a page of nothing', { query: 'SELECT * FROM devices', headers: { 'x-ms-max-item-count': '0' } }],
    ['a made-up token', { query: 'SELECT * FROM devices', headers: { 'x-ms-continuation': 'abc' } }],
    [
      'the token of another query',
      {
        query: 'SELECT * FROM devices',
        headers: {
          'x-ms-continuation': Buffer.from('{"query":"SELECT deviceId FROM devices","after":"d001"}').toString(
            'base64',
          ),
        },
      },
    ],
  ])('refuses %s with 400', async (_what, { query, headers }: { query?: string; headers?: Record<string, string> }) => {
    const answer = await ask(query ?? null, headers);
    expect([answer.status, errorNameIn(answer.body)]).toEqual([400, 'ArgumentInvalid']);
  });

  it('needs the right to connect as a service', async () => {
    const asReader = hub.registryAs(hub.core.connectionStringOf('registryRead'));
    expect(await refusalOf(asReader.createQuery('SELECT * FROM devices').nextAsTwin())).toMatchObject({ status: 401 });
    const asService = hub.registryAs(hub.core.connectionStringOf('service'));
    expect((await asService.createQuery('SELECT * FROM devices').nextAsTwin()).result.length).toBe(25);
  });
});
