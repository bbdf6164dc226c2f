import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHubClient, type HubClient } from '../../src/azure/hub/hub-client.js';
import { scopesOf, type Authentication, type IdentityContent, type IdentityKey } from '../../src/hub-model.js';
import { startLabHub, type LabHub } from '../unit/azure/support/lab-hub.js';

let hub: LabHub;
let client: HubClient;

beforeAll(async () => {
  hub = await startLabHub();
  client = createHubClient({
    hostName: hub.core.hostName,
    connection: { kind: 'connectionString', value: hub.core.connectionString },
    callTimeoutInMs: 10_000,
    logger: { event: () => undefined },
  });
});
afterAll(async () => {
  client.close();
  await hub.close();
});

const key32 = (fill: number) => Buffer.alloc(32, fill).toString('base64');
const sas: Authentication = { type: 'sas', symmetricKey: { primaryKey: key32(1), secondaryKey: key32(2) } };
const contentOf = (key: IdentityKey, authentication = sas): IdentityContent => ({
  key,
  authentication,
  ...(key.moduleId === undefined ? { status: 'enabled', iotEdge: false } : {}),
});
const thumbprints = { primaryThumbprint: 'A'.repeat(40), secondaryThumbprint: 'B'.repeat(40) };

describe('identities on a hub', () => {
  it('are listed by their ids, no more than asked for, and none on an empty hub', async () => {
    expect(await client.listDeviceIds(2)).toEqual([]);
    for (const deviceId of ['a', 'b', 'c']) await client.createIdentity(contentOf({ deviceId }));
    expect(await client.listDeviceIds(2)).toHaveLength(2);
    expect((await client.listDeviceIds(1000)).sort()).toEqual(['a', 'b', 'c']);
    for (const deviceId of ['a', 'b', 'c']) hub.core.deleteIdentity({ deviceId }, '*');
  });

  it.each<[string, Authentication]>([
    ['dev-sas', sas],
    ['dev-x509', { type: 'selfSigned', x509Thumbprint: thumbprints }],
    ['dev-ca', { type: 'certificateAuthority' }],
  ])('%s is created as it is, found, changed and deleted', async (deviceId, authentication) => {
    const key = { deviceId };
    const content = contentOf(key, authentication);
    expect(await client.getIdentity(key)).toBeUndefined();
    const created = await client.createIdentity(content);
    expect(created).toMatchObject(content);
    expect(await client.getIdentity(key)).toEqual(created);

    const changed = { ...content, status: 'disabled' as const, statusReason: 'lost' };
    const updated = await client.updateIdentity(changed, created.etag);
    expect(updated).toMatchObject(changed);
    expect(updated.generationId).toBe(created.generationId);
    expect(updated.etag).not.toBe(created.etag);
    const back = await client.updateIdentity(content, updated.etag);
    expect(back.statusReason ?? '').toBe('');

    await client.deleteIdentity(key, back.etag);
    expect(await client.getIdentity(key)).toBeUndefined();
    await client.deleteIdentity(key, back.etag);
  });

  it('that are Edge devices keep that', async () => {
    const content = { ...contentOf({ deviceId: 'edge' }), iotEdge: true };
    const created = await client.createIdentity(content);
    expect(created.iotEdge).toBe(true);
    const moduleIds = (await client.listModules('edge')).map(({ key }) => key.moduleId);
    expect(new Set(moduleIds)).toEqual(new Set(['$edgeAgent', '$edgeHub']));
    expect(created.deviceScope).toMatch(/edge/);
    const { deviceScope } = created;
    const disabled = { ...content, status: 'disabled' as const };
    await expect(client.updateIdentity(disabled, created.etag)).rejects.toMatchObject({ code: 'requestRefused' });
    const updated = await client.updateIdentity({ ...disabled, ...scopesOf({ deviceScope }) }, created.etag);
    expect(updated).toMatchObject({ iotEdge: true, status: 'disabled', deviceScope });
  });

  it('are guarded by their ETags', async () => {
    const content = contentOf({ deviceId: 'guarded' });
    const first = await client.createIdentity(content);
    await client.updateIdentity({ ...content, status: 'disabled' }, first.etag);
    await expect(client.updateIdentity(content, first.etag)).rejects.toMatchObject({ code: 'preconditionFailed' });
    await expect(client.deleteIdentity(content.key, first.etag)).rejects.toMatchObject({ code: 'preconditionFailed' });
    await expect(client.createIdentity(content)).rejects.toMatchObject({ code: 'alreadyExists' });
    const nobody = contentOf({ deviceId: 'nobody' });
    await expect(client.updateIdentity(nobody, first.etag)).rejects.toMatchObject({ code: 'deviceNotFound' });
  });

  it('that are modules', async () => {
    await client.createIdentity(contentOf({ deviceId: 'parent' }));
    const content = { ...contentOf({ deviceId: 'parent', moduleId: 'm#1' }), managedBy: 'someone' };
    const created = await client.createIdentity(content);
    expect(created).toMatchObject(content);
    expect(created).not.toHaveProperty('status');
    expect(await client.listModules('parent')).toEqual([created]);
    const rotated = {
      ...content,
      authentication: { ...sas, symmetricKey: { primaryKey: key32(3), secondaryKey: key32(4) } },
    };
    const updated = await client.updateIdentity(rotated, created.etag);
    expect(updated).toMatchObject(rotated);
    await expect(client.updateIdentity(rotated, created.etag)).rejects.toMatchObject({ code: 'preconditionFailed' });
    await expect(client.deleteIdentity(content.key, created.etag)).rejects.toMatchObject({
      code: 'preconditionFailed',
    });
    await expect(client.createIdentity(content)).rejects.toMatchObject({ code: 'alreadyExists' });
    await client.deleteIdentity(content.key, updated.etag);
    expect(await client.getIdentity(content.key)).toBeUndefined();
    await client.deleteIdentity(content.key, updated.etag);
    const orphan = contentOf({ deviceId: 'nobody', moduleId: 'm' });
    await expect(client.createIdentity(orphan)).rejects.toMatchObject({ code: 'deviceNotFound' });
    await expect(client.listModules('nobody')).rejects.toMatchObject({ code: 'deviceNotFound' });
  });

  it('that are modules of a device which is disabled, or gone', async () => {
    const device = contentOf({ deviceId: 'off' });
    const { etag } = await client.createIdentity(device);
    const content = contentOf({ deviceId: 'off', moduleId: 'm' });
    const created = await client.createIdentity(content);
    const disabled = await client.updateIdentity({ ...device, status: 'disabled' }, etag);
    const calls = [
      () => client.getIdentity(content.key),
      () => client.listModules('off'),
      () => client.createIdentity(content),
      () => client.updateIdentity(content, created.etag),
      () => client.deleteIdentity(content.key, created.etag),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'deviceDisabled', retryable: false });
    expect(await client.getTwin(content.key)).toMatchObject({ key: content.key });
    await client.deleteIdentity(device.key, disabled.etag);
    expect(await client.getIdentity(content.key)).toBeUndefined();
    await expect(client.listModules('off')).rejects.toMatchObject({ code: 'deviceNotFound' });
  });

  it.each(['a#b?c%d+e', "!*'(),=@;$:.-_", 'Case', 'case'])('may be called %s', async (deviceId) => {
    const created = await client.createIdentity(contentOf({ deviceId }));
    expect(created.key).toEqual({ deviceId });
    expect((await client.patchTwin({ deviceId }, { tags: { deviceId } })).tags).toEqual({ deviceId });
    expect(hub.core.getTwin({ deviceId }).tags).toEqual({ deviceId });
    await client.updateIdentity(contentOf({ deviceId }), created.etag);
  });
});

describe('twins on a hub', () => {
  it('take tags and desired in one write, guarded by the ETag if one is given', async () => {
    const key = { deviceId: 'twin' };
    await client.createIdentity(contentOf(key));
    const first = await client.getTwin(key);
    expect(first).toMatchObject({ key, tags: {}, desired: {}, reported: {} });
    const second = await client.patchTwin(
      key,
      { tags: { a: { b: 1, c: 2 } }, desired: { x: [1, [2], 'é'] } },
      first!.etag,
    );
    expect(second).toMatchObject({ tags: { a: { b: 1, c: 2 } }, desired: { x: [1, [2], 'é'] } });
    await expect(client.patchTwin(key, { tags: {} }, first!.etag)).rejects.toMatchObject({
      code: 'preconditionFailed',
    });
    const third = await client.patchTwin(key, { tags: { a: { b: null } } });
    expect(third.tags).toEqual({ a: { c: 2 } });
    expect(third.desired).toEqual(second.desired);
    expect(third.version).toBeGreaterThan(second.version);
    expect(await client.getTwin(key)).toEqual(third);
    await expect(client.patchTwin(key, {})).rejects.toMatchObject({ code: 'requestRefused' });
  });

  it('of modules', async () => {
    const key = { deviceId: 'twin', moduleId: 'm' };
    await client.createIdentity(contentOf(key));
    expect((await client.patchTwin(key, { desired: { on: true } })).key).toEqual(key);
    expect(await client.getTwin(key)).toMatchObject({ key, desired: { on: true } });
    expect(hub.core.getTwin({ deviceId: 'twin' }).desired).not.toHaveProperty('on');
  });

  it('that are not there, or that would get too large', async () => {
    expect(await client.getTwin({ deviceId: 'nobody' })).toBeUndefined();
    expect(await client.getTwin({ deviceId: 'twin', moduleId: 'nobody' })).toBeUndefined();
    await expect(client.patchTwin({ deviceId: 'nobody' }, { tags: {} })).rejects.toMatchObject({
      code: 'deviceNotFound',
    });
    const module = { deviceId: 'twin', moduleId: 'nobody' };
    // As the service has it: twin paths of modules say DeviceNotFound.
    await expect(client.patchTwin(module, { tags: {} })).rejects.toMatchObject({ code: 'deviceNotFound' });
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`k${n}`, 'x'.repeat(4000)]));
    await expect(client.patchTwin({ deviceId: 'twin' }, { desired: many })).rejects.toMatchObject({
      code: 'requestRefused',
      retryable: false,
    });
  });
});

describe('a hub in trouble', () => {
  it('with 20 % of the answers 503 is worked through', async () => {
    let n = 0;
    hub.fault = () => Promise.resolve((n += 1) % 5 === 0 ? { status: 503 } : undefined);
    const results = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        client.patchTwin({ deviceId: 'twin' }, { tags: { [`n${index}`]: index } }),
      ),
    );
    hub.fault = () => Promise.resolve(undefined);
    expect(results).toHaveLength(40);
    expect(Object.keys((await client.getTwin({ deviceId: 'twin' }))!.tags)).toEqual(
      expect.arrayContaining(['n0', 'n39']),
    );
  });

  it('with a wrong key: hubUnauthorized', async () => {
    const value = hub.core.connectionString.replace(/SharedAccessKey=.*/, `SharedAccessKey=${key32(9)}`);
    const stranger = createHubClient({
      hostName: hub.core.hostName,
      connection: { kind: 'connectionString', value },
      callTimeoutInMs: 5_000,
      logger: { event: () => undefined },
    });
    const calls = [
      () => stranger.getTwin({ deviceId: 'twin' }),
      () => stranger.getIdentity({ deviceId: 'twin' }),
      () => stranger.getIdentity({ deviceId: 'twin', moduleId: 'm' }),
      () => stranger.listModules('nobody'),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'hubUnauthorized', retryable: true });
    stranger.close();
  });
});
