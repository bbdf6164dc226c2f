import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../lab/contracts.js';
import { parseJson } from '../../lab/hub/core/number-text.js';
import { errorNameIn, refusalOf } from './support/hub-refusals.js';
import { startHubServer, type HubServer } from './support/hub-server.js';

let hub: HubServer;
const ids = Array.from({ length: 25 }, (_, index) => `d${String(index).padStart(3, '0')}`);
beforeAll(async () => {
  hub = await startHubServer({ unsettled: { queriesLagInMs: 0 } });
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
    expect([status, headers['x-ms-item-type'], headers['x-ms-continuation']]).toEqual([200, 'Raw', undefined]);
    expect(body).toEqual(ids.map((deviceId) => ({ deviceId })));
    expect((await ask('SELECT * FROM devices')).headers['x-ms-item-type']).toBe('Twin');
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
    ['no query', {}],
    ['a page of nothing', { query: 'SELECT * FROM devices', headers: { 'x-ms-max-item-count': '0' } }],
    ['a made-up token', { query: 'SELECT * FROM devices', headers: { 'x-ms-continuation': 'abc' } }],
    [
      'the token of another query',
      {
        query: 'SELECT * FROM devices',
        headers: {
          'x-ms-continuation': Buffer.from(
            '{"query":"SELECT deviceId FROM devices","after":{"deviceId":"d001"}}',
          ).toString('base64'),
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

describe('the query language', () => {
  beforeAll(() => {
    const { core } = hub;
    core.patchTwin({ deviceId: 'd001' }, { tags: { site: 'north', floor: 1, on: true }, desired: { rate: 5 } });
    core.patchTwin({ deviceId: 'd002' }, { tags: { site: 'south', floor: 2 }, desired: { rate: 7, 'odd?': 'x' } });
    core.patchTwin({ deviceId: 'd004' }, { tags: { site: "o'hare", floor: 10 } });
    core.patchTwin({ deviceId: 'd005' }, { tags: parseJson('{"weight":21.0}') as JsonObject });
    core.updateIdentity({ deviceId: 'd002' }, { status: 'disabled' }, '*');
    core.createIdentity({ deviceId: 'edge' }, { capabilities: { iotEdge: true } });
    core.patchReported({ deviceId: 'd001' }, { level: 3 });
    core.patchTwin({ deviceId: 'd003', moduleId: 'm' }, { tags: { of: 'module' } });
  });
  const found = async (where: string) => idsIn((await ask(`SELECT * FROM devices WHERE ${where}`)).body);

  it.each([
    ["deviceId = 'd003'", ['d003']],
    ["tags.site = 'north'", ['d001']],
    ['tags.site = "o\'hare"', ['d004']],
    ["tags.site = 'o''hare' OR tags.site = 'o\\'hare'", ['d004']],
    ["tags.site = 'North'", []],
    ["tags.site != 'north'", ['d002', 'd003', 'd004']],
    ["tags.site <> 'north' and tags.floor > 2", ['d004']],
    ['tags.floor < 2', ['d001']],
    ['tags.floor >= 2 AND tags.floor <= 10', ['d002', 'd004']],
    ["tags.floor > '1'", []],
    ['tags.weight = 21 AND tags.weight < 21.5', ['d005']],
    ['tags.on = true', ['d001']],
    ["status = 'disabled'", ['d002']],
    ['capabilities.iotEdge = true', ['edge']],
    ['properties.desired.rate > 4.5', ['d001', 'd002']],
    ["properties.desired.[[odd?]] = 'x'", ['d002']],
    ['properties.reported.level = 3', ['d001']],
    ["deviceId IN ['d001', 'd004', 'nobody']", ['d001', 'd004']],
    ["tags.site NIN ['north', 'south']", ['d003', 'd004']],
    ['is_defined(tags.on)', ['d001']],
    ['IS_DEFINED(tags.floor) AND NOT IS_DEFINED(tags.on)', ['d002', 'd004']],
    ["NOT tags.site = 'north'", ['d002', 'd003', 'd004']],
    ["NOT (tags.site = 'north' OR tags.site = 'x')", ['d002', 'd004']],
    ["tags.floor = 1 OR tags.floor = 2 AND status = 'enabled'", ['d001']],
    ["(tags.floor = 1 OR tags.floor = 2) AND status = 'disabled'", ['d002']],
  ])('finds by %s', async (where, expected) => {
    expect(await found(where)).toEqual(expected);
  });

  it('selects names, under others where told to, and counts', async () => {
    const query = "SELECT deviceId, tags.site AS where, tags.absent FROM devices WHERE tags.site IN ['north']";
    const named = await ask(query);
    expect([named.headers['x-ms-item-type'], named.body]).toEqual(['Raw', [{ deviceId: 'd001', where: 'north' }]]);
    const count = await ask('SELECT COUNT() AS total FROM devices WHERE is_defined(tags.floor)');
    expect([count.headers['x-ms-item-type'], count.body]).toEqual(['Raw', [{ total: 3 }]]);
  });

  it('finds modules, page by page', async () => {
    const query = hub.registry.createQuery('SELECT * FROM devices.modules', 1);
    const modules: string[] = [];
    while (query.hasMoreResults) {
      const { result } = await query.nextAsTwin();
      modules.push(...result.map((twin) => (twin as unknown as { moduleId: string }).moduleId));
    }
    expect(modules).toEqual(['m', '$edgeAgent', '$edgeHub']);
    expect((await ask("SELECT * FROM devices.modules WHERE tags.of = 'module'")).body).toHaveLength(1);
  });

  it('pages through what a condition holds for', async () => {
    const query = hub.registry.createQuery('SELECT deviceId FROM devices WHERE is_defined(tags.floor)', 2);
    const pages: number[] = [];
    // `next` begins again unless it is given where to go on.
    while (query.hasMoreResults) pages.push((await query.next(query.continuationToken)).result.length);
    expect(pages).toEqual([2, 1]);
  });

  it.each([
    '',
    'SELECT',
    'SELECT * FROM',
    'SELECT * FROM hubs',
    'SELECT * FROM devices WHERE',
    'SELECT * FROM devices WHERE tags.site',
    "SELECT * FROM devices WHERE tags.site == 'x'",
    "SELECT * FROM devices WHERE tags.site = 'x",
    "SELECT * FROM devices WHERE tags.site LIKE 'x'",
    "SELECT * FROM devices WHERE STARTS_WITH(tags.site, 'x')",
    'SELECT * FROM devices WHERE IS_STRING(tags.site)',
    "SELECT * FROM devices WHERE deviceId IN ('d001')",
    'SELECT * FROM devices WHERE tags.floor + 1 = 2',
    "SELECT * FROM devices WHERE (tags.site = 'x'",
    "SELECT * FROM devices WHERE tags.site = 'x' tags.floor = 1",
    'SELECT * FROM devices; DROP',
    'DELETE FROM devices',
  ])('refuses %s with 400 and no more', async (query) => {
    const { status, body } = await ask(query);
    expect([status, (body as { Message: string }).Message]).toEqual([400, 'ErrorCode:ArgumentInvalid;BadRequest']);
  });
});
