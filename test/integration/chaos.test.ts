import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLab } from '../../lab/start-lab.js';
import { compareHubs, textOf } from '../chaos/compare-hubs.js';
import { historyOf } from '../chaos/history.js';
import { pathsThatDiffer, parseKeepingNumbers } from '../chaos/raw-twin.js';
import { isGood, settleBoundInMs, startChaosRun, type ChaosRun } from '../chaos/seeds.js';

/** More of them: `CHAOS_SEED=7 npx vitest run --project long test/long/chaos.test.ts`. */
const seeds = Array.from({ length: 10 }, (_, index) => 1001 + index);
const boundInMs = 120_000;

describe('histories of chaos: hostile names, lives and deaths, kills, faults, repairs in the middle', () => {
  const state: { run?: ChaosRun } = {};
  beforeAll(async () => {
    state.run = await startChaosRun(seeds, boundInMs);
  }, settleBoundInMs + 60_000);
  afterAll(async () => state.run?.[Symbol.asyncDispose](), 60_000);

  it.each(seeds)('seed %i ends equal, or what differs is named', async (seed) => {
    const end = (await state.run?.seed(seed)) ?? { silent: ['no laboratory'], left: '', named: [] };
    expect(isGood(end) || end).toBe(true);
  });

  it('are the same for the same seed', () => {
    expect(historyOf(7)).toEqual(historyOf(7));
    expect(historyOf(7).acts).not.toEqual(historyOf(8).acts);
  });
});

describe('the comparer of the chaos tests', () => {
  it('names each kind of difference by id and path, hostile names among them', async () => {
    await using lab = await startLab({ eventHubsPort: 0 });
    const [primary, secondary] = [lab.hub('primary'), lab.hub('secondary')];
    const key = (fill: number) => Buffer.alloc(32, fill).toString('base64');
    const sas = { authentication: { type: 'sas', symmetricKey: { primaryKey: key(1), secondaryKey: key(2) } } };
    const device = { deviceId: 'dev' };
    const module = { deviceId: 'dev', moduleId: 'm' };
    for (const hub of [primary, secondary])
      for (const identity of [device, module, { deviceId: 'same' }]) hub.createIdentity(identity, sas);
    primary.createIdentity({ deviceId: 'only' }, sas);
    primary.createIdentity({ deviceId: 'gateway' }, { capabilities: { iotEdge: true }, status: 'disabled' });
    secondary.createIdentity({ deviceId: 'gateway' }, { capabilities: { iotEdge: true } });
    secondary.createIdentity({ deviceId: 'more' }, sas);
    secondary.createIdentity({ deviceId: 'dev', moduleId: 'extra' }, sas);
    secondary.updateIdentity(device, { ...sas, status: 'disabled' }, '*');
    secondary.updateIdentity(device, { ...sas, status: 'enabled', statusReason: 'why' }, '*');
    secondary.updateIdentity(
      module,
      { authentication: { type: 'sas', symmetricKey: { primaryKey: key(3), secondaryKey: key(2) } } },
      '*',
    );
    const hostile = JSON.parse('{"__proto__":{"x":1},"constructor":1,"length":[1,2],"toString":{"hasOwnProperty":1}}');
    primary.patchTwin(device, { tags: hostile, desired: { same: [1, { a: 1 }] } });
    secondary.patchTwin(device, { tags: { constructor: 2, length: [2, 1] }, desired: { same: [1, { a: 1 }] } });
    primary.patchTwin(module, { desired: { a: { b: '1' } } });
    secondary.patchTwin(module, { desired: { a: { b: 1 } } });
    primary.patchReported(device, { seen: 1 });

    const found = await compareHubs({
      first: primary.connectionString,
      second: secondary.connectionString,
      reported: () => true,
    });
    expect(found.map(textOf).toSorted()).toEqual([
      'dev reported/seen',
      'dev statusReason',
      'dev tags/__proto__',
      'dev tags/constructor',
      'dev tags/length/0',
      'dev tags/length/1',
      'dev tags/toString',
      'dev/extra extra',
      'dev/m desired/a/b',
      'dev/m primaryKey',
      'gateway status',
      'more extra',
      'only missing',
    ]);
    expect(JSON.stringify(found)).not.toContain(key(3));
  });

  it.each([
    ['{"a":21.0}', '{"a":21}', ['/a']],
    ['{"a":[1e20]}', '{"a":[1E+20]}', ['/a/0']],
    ['{"__proto__":{"length":1}}', '{"__proto__":{"length":2}}', ['/__proto__/length']],
    ['{"__proto__":{"length":1}}', '{}', ['/__proto__']],
    ['{"a":null}', '{}', ['/a']],
    ['{"a":1,"b":2}', '{"b":2,"a":1}', []],
  ])('%s against %s', (left, right, paths) => {
    expect(pathsThatDiffer(parseKeepingNumbers(left), parseKeepingNumbers(right))).toEqual(paths);
  });
});
