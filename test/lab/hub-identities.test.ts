import type { Registry } from 'azure-iothub';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerOf, type DeviceAnswer } from './support/hub-answers.js';
import { refusalOf } from './support/hub-refusals.js';
import { startHubServer, type HubServer } from './support/hub-server.js';

let hub: HubServer;
beforeAll(async () => {
  hub = await startHubServer();
});
afterAll(() => hub.close());

const create = (device: Registry.DeviceDescription) => answerOf<DeviceAnswer>(hub.registry.create(device));
const read = (deviceId: string) => answerOf<DeviceAnswer>(hub.registry.get(deviceId));

/** An ETag of an identity is a number in base64. */
const numberIn = (etag: string): number => Number(Buffer.from(etag, 'base64').toString());

const aKey = (fill: number): string => Buffer.alloc(32, fill).toString('base64');

describe('device identities', () => {
  it('makes keys for a device that is created without any', async () => {
    const created = await create({ deviceId: 'keys-made' });
    expect(created.authentication.type).toBe('sas');
    const keys = created.authentication.symmetricKey;
    for (const key of [keys.primaryKey, keys.secondaryKey]) {
      expect(Buffer.from(key ?? '', 'base64')).toHaveLength(32);
    }
    expect(keys.primaryKey).not.toBe(keys.secondaryKey);
  });

  it('gives back every field of what was created, keys included', async () => {
    const authentication = { type: 'sas', symmetricKey: { primaryKey: aKey(1), secondaryKey: aKey(2) } };
    await hub.registry.create({ deviceId: 'given', status: 'disabled', statusReason: 'at rest', authentication });
    const device = await read('given');
    expect(device).toMatchObject({
      deviceId: 'given',
      status: 'disabled',
      statusReason: 'at rest',
      authentication,
      capabilities: { iotEdge: false },
      connectionState: 'Disconnected',
      cloudToDeviceMessageCount: 0,
      lastActivityTime: '0001-01-01T00:00:00.0000000Z',
    });
    expect(device.generationId).toMatch(/^\d{18}$/);
    expect(Buffer.from(device.etag, 'base64').toString()).toMatch(/^\d+$/);
  });

  it('keeps thumbprints of X.509 identities and has no symmetric keys for them', async () => {
    const x509Thumbprint = { primaryThumbprint: 'A'.repeat(40), secondaryThumbprint: 'b'.repeat(64) };
    await hub.registry.create({ deviceId: 'x509', authentication: { type: 'selfSigned', x509Thumbprint } });
    await hub.registry.create({ deviceId: 'x509-ca', authentication: { type: 'certificateAuthority' } });
    const selfSigned = await read('x509');
    const authority = await read('x509-ca');
    const noKeys = { primaryKey: null, secondaryKey: null };
    expect(selfSigned.authentication).toEqual({ type: 'selfSigned', x509Thumbprint, symmetricKey: noKeys });
    expect(authority.authentication).toMatchObject({ type: 'certificateAuthority', symmetricKey: noKeys });
  });

  it('counts the ETag up with each update, but keeps the generation', async () => {
    const before = await create({ deviceId: 'updated' });
    await hub.registry.update({ ...before, status: 'disabled' });
    const after = await read('updated');
    expect(after.status).toBe('disabled');
    expect(after.authentication).toEqual(before.authentication);
    expect(after.generationId).toBe(before.generationId);
    expect(numberIn(after.etag)).toBe(numberIn(before.etag) + 1);
    expect(after.statusUpdatedTime).not.toBe(before.statusUpdatedTime);
  });

  it('gives a device that is created again another generation', async () => {
    const first = await create({ deviceId: 'two-lives' });
    await hub.registry.delete('two-lives');
    expect(await refusalOf(hub.registry.get('two-lives'))).toMatchObject({ status: 404, errorName: 'DeviceNotFound' });
    const second = await create({ deviceId: 'two-lives' });
    expect(BigInt(second.generationId)).toBeGreaterThan(BigInt(first.generationId));
  });

  it('refuses with the codes of the service', async () => {
    await hub.registry.create({ deviceId: 'once' });
    const refusals = await Promise.all([
      refusalOf(hub.registry.create({ deviceId: 'once' })),
      refusalOf(hub.registry.get('nobody')),
      refusalOf(hub.registry.update({ deviceId: 'nobody' })),
      refusalOf(hub.registry.delete('nobody')),
    ]);
    expect(refusals.map(({ status, errorName, className }) => [status, errorName, className])).toEqual([
      [409, 'DeviceAlreadyExists', 'DeviceAlreadyExistsError'],
      [404, 'DeviceNotFound', 'DeviceNotFoundError'],
      [404, 'DeviceNotFound', 'DeviceNotFoundError'],
      [404, 'DeviceNotFound', 'DeviceNotFoundError'],
    ]);
    expect(refusals[0]?.headers['iothub-errorcode']).toBe('DeviceAlreadyExists');
  });

  it.each([
    [
      'a short key',
      { authentication: { type: 'sas', symmetricKey: { primaryKey: 'c2hvcnQ=', secondaryKey: aKey(1) } } },
    ],
    ['one key alone', { authentication: { type: 'sas', symmetricKey: { primaryKey: aKey(1) } } }],
    ['a self-signed identity without thumbprint', { authentication: { type: 'selfSigned' } }],
    ['an unknown status', { status: 'asleep' }],
    ['a long status reason', { statusReason: 'x'.repeat(129) }],
    ['another device id in the body', { deviceId: 'somebody-else' }],
  ])('refuses %s with 400 and creates nothing', async (_what, body) => {
    const answer = await hub.rest('PUT', '/devices/refused', { body });
    expect(answer.status).toBe(400);
    expect(answer.headers['iothub-errorcode']).toBe('ArgumentInvalid');
    expect(await refusalOf(hub.registry.get('refused'))).toMatchObject({ status: 404 });
  });

  it('creates with an empty If-Match, and updates with an ETag that has no quotes', async () => {
    const path = '/devices/no-etag';
    const created = await hub.rest('PUT', path, { body: {}, headers: { 'If-Match': '""' } });
    expect(created.status).toBe(200);
    const again = await hub.rest('PUT', path, { body: {}, headers: { 'If-Match': '""' } });
    expect(again.headers['iothub-errorcode']).toBe('DeviceAlreadyExists');
    const { etag } = created.body as DeviceAnswer;
    expect((await hub.rest('PUT', path, { body: {}, headers: { 'If-Match': etag } })).status).toBe(200);
  });

  it('updates and deletes conditionally with a quoted If-Match', async () => {
    const device = await create({ deviceId: 'conditional' });
    const path = '/devices/conditional';
    const body = { deviceId: 'conditional', status: 'disabled' };
    const stale = { 'If-Match': '"c3RhbGU="' };
    expect((await hub.rest('PUT', path, { body, headers: stale })).headers['iothub-errorcode']).toBe(
      'PreconditionFailed',
    );
    expect((await hub.rest('DELETE', path, { headers: stale })).status).toBe(412);
    expect((await hub.rest('DELETE', path)).headers['iothub-errorcode']).toBe('PreconditionFailed');
    expect((await hub.rest('DELETE', path, { headers: { 'If-Match': 'c3RhbGU=' } })).status).toBe(412);
    const updated = await hub.rest('PUT', path, { body, headers: { 'If-Match': `"${device.etag}"` } });
    expect(updated).toMatchObject({ status: 200, body: { status: 'disabled' } });
    const gone = await hub.rest('DELETE', path, { headers: { 'If-Match': updated.headers['etag'] as string } });
    expect(gone).toMatchObject({ status: 204, body: undefined });
  });

  it('lists devices without keys, at most as many as asked for, and counts them', async () => {
    const all = await answerOf<DeviceAnswer[]>(hub.registry.list());
    expect(all.length).toBeGreaterThan(2);
    expect(all.every(({ authentication }) => authentication.symmetricKey.primaryKey === null)).toBe(true);
    expect((await hub.rest('GET', '/devices?top=2')).body).toHaveLength(2);
    expect((await hub.rest('GET', '/devices?top=0')).status).toBe(400);
    const disabled = all.filter(({ status }) => status === 'disabled').length;
    const { responseBody: statistics } = await hub.registry.getRegistryStatistics();
    expect(statistics).toEqual({
      totalDeviceCount: all.length,
      enabledDeviceCount: all.length - disabled,
      disabledDeviceCount: disabled,
    });
  });
});

describe('device ids', () => {
  const awkward = [
    'a#b',
    'what?',
    '50%',
    '%41',
    '%2F',
    'a%20b',
    'a+b',
    "it's;(=@$,)*!",
    'query',
    'modules',
    'a:b.c_d-e',
  ];
  it.each(awkward)('keeps %s as it is', async (deviceId) => {
    await hub.registry.create({ deviceId });
    const device = await read(deviceId);
    const { responseBody: twin } = await hub.registry.updateTwin(deviceId, { tags: { seen: true } }, '*');
    expect([device.deviceId, twin.deviceId, twin.tags]).toEqual([deviceId, deviceId, { seen: true }]);
    await hub.registry.delete(deviceId);
    expect(await refusalOf(hub.registry.get(deviceId))).toMatchObject({ status: 404 });
  });

  it('tells ids apart that differ by case only', async () => {
    const lower = await create({ deviceId: 'case' });
    const upper = await create({ deviceId: 'CASE' });
    expect(upper.generationId).not.toBe(lower.generationId);
    await hub.registry.delete('case');
    expect((await read('CASE')).deviceId).toBe('CASE');
  });

  it.each(['with space', 'a/b', 'ünï', 'x'.repeat(129)])('refuses %s with 400', async (deviceId) => {
    expect(await refusalOf(hub.registry.create({ deviceId }))).toMatchObject({
      status: 400,
      errorName: 'ArgumentInvalid',
    });
  });
});
