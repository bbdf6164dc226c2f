import { SharedAccessSignature } from 'azure-iot-device';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HubErrorShape, IdentityKey, PolicyName } from '../../lab/contracts.js';
import { refusalOf } from './support/hub-refusals.js';
import { inAnHour, keyIn, signSas, startHubServer, type HubServer } from './support/hub-server.js';

const hostName = 'p-access.azure-devices.net';
let hub: HubServer;
beforeAll(async () => {
  hub = await startHubServer({ hostName });
  await hub.registry.create({ deviceId: 'd' });
});
afterAll(() => hub.close());

describe('service tokens', () => {
  it('refuses a wrong key', async () => {
    const wrongKey = Buffer.alloc(32, 7).toString('base64');
    const registry = hub.registryAs(`HostName=${hostName};SharedAccessKeyName=iothubowner;SharedAccessKey=${wrongKey}`);
    expect(await refusalOf(registry.get('d'))).toMatchObject({
      status: 401,
      errorName: 'IotHubUnauthorizedAccess',
      className: 'UnauthorizedError',
    });
  });

  it('refuses expired tokens, tokens of another hub, unknown policies and what is no token', async () => {
    const key = keyIn(hub.core.connectionString);
    const token = (host: string, expiry: number, policy: string) => signSas(host, key, expiry, policy as PolicyName);
    const tokens = [
      token(hostName, inAnHour() - 7200, 'iothubowner'),
      token('s-access.azure-devices.net', inAnHour(), 'iothubowner'),
      token(`${hostName}/devices/d`, inAnHour(), 'iothubowner'),
      token(hostName, inAnHour(), 'nobody'),
      token(hostName, inAnHour(), 'constructor'),
      signSas(hostName, key, inAnHour()),
      'Bearer abc',
      'SharedAccessSignature sr=%zz&sig=a&se=1&skn=iothubowner',
      '',
    ];
    const answers = await Promise.all(tokens.map((value) => hub.rest('GET', '/devices/d', { token: value })));
    expect(answers.map(({ status }) => status)).toEqual(tokens.map(() => 401));
    expect((await hub.rest('GET', '/devices/d')).status).toBe(200);
  });

  const operations: Record<string, [string, string, object?]> = {
    read: ['GET', '/devices/d'],
    list: ['GET', '/devices'],
    count: ['GET', '/statistics/devices'],
    write: ['PUT', '/devices/made', { deviceId: 'made' }],
    bulk: ['POST', '/devices', [{ id: 'made', importMode: 'createOrUpdate' }]],
    twin: ['GET', '/twins/d'],
    patch: ['PATCH', '/twins/d', { tags: {} }],
  };
  it.each<[PolicyName, string[]]>([
    ['iothubowner', ['read', 'list', 'count', 'write', 'bulk', 'twin', 'patch']],
    ['registryReadWrite', ['read', 'list', 'count', 'write', 'bulk']],
    ['registryRead', ['read', 'list', 'count']],
    ['service', ['twin', 'patch']],
    ['device', []],
  ])('lets %s do exactly what its rights allow', async (policy, allowed) => {
    const token = signSas(hostName, keyIn(hub.core.connectionStringOf(policy)), inAnHour(), policy);
    const done: string[] = [];
    for (const [name, [method, path, body]] of Object.entries(operations)) {
      const answer = await hub.rest(method, path, { token, ...(body && { text: JSON.stringify(body) }) });
      expect(answer.headers['iothub-errorcode'] ?? 'none').toBe(
        allowed.includes(name) ? 'none' : 'IotHubUnauthorizedAccess',
      );
      if (answer.status === 200) done.push(name);
    }
    expect(done).toEqual(allowed);
    if (hub.core.statistics().totalDeviceCount > 1) hub.core.deleteIdentity({ deviceId: 'made' }, '*');
  });
});

describe('device tokens', () => {
  const refusedAs = (key: IdentityKey, token: string): number | undefined => {
    try {
      hub.core.authenticateDevice(key, token);
      return undefined;
    } catch (error) {
      return (error as HubErrorShape).code;
    }
  };
  const keysOf = (key: IdentityKey) => {
    const { primaryKey, secondaryKey } = hub.core.getIdentity(key).authentication.symmetricKey;
    return { primary: primaryKey ?? '', secondary: secondaryKey ?? '' };
  };
  const tokenOf = (id: string, key: string, host = hostName, expiry = inAnHour()) =>
    SharedAccessSignature.create(host, id, key, expiry).toString();

  it.each(['plain', 'a#b?c%41+d'])('of azure-iot-device are taken with either key of %s', async (deviceId) => {
    await hub.registry.create({ deviceId });
    const { primary, secondary } = keysOf({ deviceId });
    expect(refusedAs({ deviceId }, tokenOf(deviceId, primary))).toBeUndefined();
    expect(refusedAs({ deviceId }, tokenOf(deviceId, secondary))).toBeUndefined();
  });

  it('are refused for another device, another hub, another key, or when they have expired', () => {
    const { primary } = keysOf({ deviceId: 'd' });
    expect(refusedAs({ deviceId: 'd' }, tokenOf('D', primary))).toBe(401003);
    expect(refusedAs({ deviceId: 'd' }, tokenOf('d', primary, 's-access.azure-devices.net'))).toBe(401003);
    expect(refusedAs({ deviceId: 'd' }, tokenOf('d', Buffer.alloc(32).toString('base64')))).toBe(401003);
    expect(refusedAs({ deviceId: 'd' }, tokenOf('d', primary, hostName, inAnHour() - 7200))).toBe(401003);
    expect(refusedAs({ deviceId: 'nobody' }, tokenOf('nobody', primary))).toBe(404001);
    expect(refusedAs({ deviceId: 'd' }, 'not a token')).toBe(401003);
  });

  it('of a module are its own, and stop with its device', async () => {
    await hub.registry.create({ deviceId: 'h' });
    await hub.registry.addModule({ deviceId: 'h', moduleId: 'm' });
    const module = { deviceId: 'h', moduleId: 'm' };
    const token = tokenOf('h/modules/m', keysOf(module).primary);
    expect(refusedAs(module, token)).toBeUndefined();
    expect(refusedAs(module, tokenOf('h/modules/m', keysOf({ deviceId: 'h' }).primary))).toBe(401003);
    expect(refusedAs({ deviceId: 'h' }, token)).toBe(401003);
    hub.core.updateIdentity({ deviceId: 'h' }, { status: 'disabled' }, '*');
    expect(refusedAs(module, token)).toBe(403012);
  });

  it('of an X.509 identity do not exist: it has no key', async () => {
    await hub.registry.create({ deviceId: 'ca', authentication: { type: 'certificateAuthority' } });
    expect(refusedAs({ deviceId: 'ca' }, tokenOf('ca', Buffer.alloc(32).toString('base64')))).toBe(401003);
  });

  it('of a policy need DeviceConnect', () => {
    const token = (policy: PolicyName) =>
      signSas(`${hostName}/devices/d`, keyIn(hub.core.connectionStringOf(policy)), inAnHour(), policy);
    expect(refusedAs({ deviceId: 'd' }, token('device'))).toBeUndefined();
    expect(hub.core.authenticateDevice({ deviceId: 'd' }, token('device'))).toBe('policy');
    expect(refusedAs({ deviceId: 'd' }, token('service'))).toBe(401003);
  });
});
