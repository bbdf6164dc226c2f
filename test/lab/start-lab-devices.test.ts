import { afterAll, beforeAll, expect, it } from 'vitest';
import { compareHubs } from '../../lab/compare/compare-hubs.js';
import type { Lab } from '../../lab/contracts.js';
import { aLab, registryOf } from './a-lab.js';

let lab: Lab;
beforeAll(async () => {
  lab = await aLab();
});
afterAll(() => lab.close());

const ask = (request: object): Promise<Response> =>
  fetch(`${lab.controlUrl}/lab/devices`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  });

it('the same seed gives two hubs with equal devices, modules, keys and twins', async () => {
  for (const hub of ['primary', 'secondary'])
    expect((await ask({ hub, count: 3, modules: 7, prefix: 'pump', seed: 5 })).status).toBe(201);
  expect(compareHubs(lab.hub('primary').snapshot(), lab.hub('secondary').snapshot())).toEqual([]);
  expect(lab.hub('primary').snapshot()).toHaveLength(10);
});

it('another seed gives other keys', async () => {
  await ask({ hub: 'primary', count: 1, prefix: 'other', seed: 1 });
  await ask({ hub: 'secondary', count: 1, prefix: 'other', seed: 2 });
  const keys = await Promise.all(
    (['primary', 'secondary'] as const).map(
      async (role) =>
        (await registryOf(lab, role).get('other-0001')).responseBody.authentication?.symmetricKey?.primaryKey,
    ),
  );
  expect(keys[0]).toMatch(/^[A-Za-z0-9+/]{43}=$/);
  expect(keys[0]).not.toBe(keys[1]);
});

it('modules are dealt out over the devices', async () => {
  await ask({ hub: 'primary', count: 2, modules: 5, prefix: 'dealt' });
  const modulesOf = (deviceId: string) => lab.hub('primary').listModules(deviceId).length;
  expect([modulesOf('dealt-0001'), modulesOf('dealt-0002')]).toEqual([3, 2]);
});

it('an id that exists is refused with the reason of the hub', async () => {
  const answer = await ask({ hub: 'primary', count: 1, prefix: 'dealt' });
  expect(answer.status).toBe(409);
  expect(await answer.json()).toMatchObject({
    error: { code: 'refusedByHub', message: expect.stringContaining('DeviceAlreadyExists') },
  });
});
