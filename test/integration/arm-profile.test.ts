import { expect, it } from 'vitest';
import { createArmHub } from '../../src/azure/arm/arm-hub.js';
import { json, startEvilHub } from '../unit/azure/support/evil-hub.js';

it.each([
  ['MqttV5', 'profileNotSupported'],
  ['Classic', undefined],
  ['classic', undefined],
  [null, undefined],
  [undefined, undefined],
])('a hub of connection profile %s: %s', async (connectionProfile, code) => {
  const server = await startEvilHub();
  const arm = createArmHub({
    resource: { subscriptionId: '00000000-0000-0000-0000-000000000000', resourceGroup: 'group', name: 'hub' },
    endpoint: `https://${server.hostName}`,
    credential: { getToken: () => Promise.resolve({ token: 'a-token', expiresOnTimestamp: Date.now() + 3_600_000 }) },
  });
  server.answer(json(200, { name: 'hub', location: 'x', properties: { state: 'Active', connectionProfile } }));
  const read = arm.read({ timeoutInMs: 5_000 }).then(
    () => undefined,
    (error: unknown) => (error as { code: string }).code,
  );
  expect(await read).toBe(code);
  await server.close();
});
