import { expect, it } from 'vitest';
import { startHubServer } from './support/hub-server.js';

it('a Basic hub has devices, and neither twins nor modules nor queries', async () => {
  const hub = await startHubServer({ editions: 'basic' });
  const body = { query: 'SELECT * FROM devices' };
  const statuses: unknown[] = [];
  for (const [method, path, call] of [
    ['PUT', '/devices/d', { body: {} }],
    ['GET', '/devices/d', {}],
    ['GET', '/twins/d', {}],
    ['PATCH', '/twins/d', { body: {} }],
    ['GET', '/devices/d/modules', {}],
    ['PUT', '/devices/d/modules/m', { body: {} }],
    ['POST', '/devices/query', { body }],
  ] as const) {
    const { status, headers } = await hub.rest(method, path, call);
    statuses.push([status, headers['iothub-errorcode']]);
  }
  const refused = [403, 'OperationNotAvailableInCurrentTier'];
  expect(statuses).toEqual([[200, undefined], [200, undefined], refused, refused, refused, refused, refused]);
  await hub.close();
});
