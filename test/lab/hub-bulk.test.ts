import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../lab/contracts.js';
import { answerOf, plain, type DeviceAnswer, type TwinAnswer } from './support/hub-answers.js';
import { errorNameIn, refusalOf } from './support/hub-refusals.js';
import { startHubServer, type HubServer } from './support/hub-server.js';

let hub: HubServer;
beforeAll(async () => {
  hub = await startHubServer();
});
afterAll(() => hub.close());

const read = (deviceId: string) => answerOf<DeviceAnswer>(hub.registry.get(deviceId));
const readTwin = (deviceId: string) => answerOf<TwinAnswer>(hub.registry.getTwin(deviceId));
const bulk = (items: Json) => hub.rest('POST', '/devices', { body: items });
const devices = (prefix: string, count: number) =>
  Array.from({ length: count }, (_item, n) => ({ deviceId: `${prefix}-${n}` }));

describe('bulk registry calls of azure-iothub', () => {
  it('adds 100 devices in one call, each with keys of its own', async () => {
    const result = await answerOf(hub.registry.addDevices(devices('hundred', 100)));
    expect(result).toEqual({ isSuccessful: true, errors: [], warnings: [] });
    const first = (await read('hundred-0')).authentication.symmetricKey.primaryKey;
    const last = (await read('hundred-99')).authentication.symmetricKey.primaryKey;
    expect(first).not.toBe(last);
  });

  it('answers 400 with one error for each item that failed and applies the others', async () => {
    await hub.registry.addDevices([{ deviceId: 'there' }]);
    const refused = await refusalOf(
      hub.registry.addDevices([{ deviceId: 'there' }, { deviceId: 'not there' }, { deviceId: 'new' }]),
    );
    expect(refused).toMatchObject({ status: 400, errorName: undefined });
    expect(refused.headers['iothub-errorcode']).toBe('BulkRegistryOperationFailure');
    expect(refused.body).toMatchObject({
      isSuccessful: false,
      errors: [
        { deviceId: 'there', errorCode: 'DeviceAlreadyExists' },
        { deviceId: 'not there', errorCode: 'ArgumentInvalid' },
      ],
      warnings: [],
    });
    expect((await read('new')).deviceId).toBe('new');
  });

  it('updates under the ETag unless forced', async () => {
    await hub.registry.addDevices([{ deviceId: 'u' }]);
    const before = await read('u');
    await hub.registry.updateDevices([{ ...before, status: 'disabled' }], false);
    expect(await read('u')).toMatchObject({ status: 'disabled', authentication: before.authentication });
    const stale = await refusalOf(hub.registry.updateDevices([{ ...before, status: 'enabled' }], false));
    expect(stale.body).toMatchObject({ errors: [{ deviceId: 'u', errorCode: 'PreconditionFailed' }] });
    await hub.registry.updateDevices([{ ...before, status: 'enabled' }], true);
    expect((await read('u')).status).toBe('enabled');
  });

  it('removes under the ETag unless forced', async () => {
    await hub.registry.addDevices([{ deviceId: 'r1' }, { deviceId: 'r2' }]);
    const [first, second] = [await read('r1'), await read('r2')];
    const refused = await refusalOf(hub.registry.removeDevices([{ ...first, etag: second.etag }, second], false));
    expect(refused.body).toMatchObject({ errors: [{ deviceId: 'r1', errorCode: 'PreconditionFailed' }] });
    expect(await refusalOf(hub.registry.get('r2'))).toMatchObject({ status: 404 });
    await hub.registry.removeDevices([{ deviceId: 'r1' }], true);
    expect(await refusalOf(hub.registry.get('r1'))).toMatchObject({ status: 404 });
  });

  it('refuses the whole call when a device is in it twice', async () => {
    const twice = [{ deviceId: 'one' }, { deviceId: 'two' }, { deviceId: 'one' }];
    const refused = await refusalOf(hub.registry.addDevices(twice));
    expect(refused).toMatchObject({ status: 400, errorName: 'DeviceDefinedMultipleTimes' });
    expect(await refusalOf(hub.registry.get('two'))).toMatchObject({ status: 404 });
  });
});

describe('import modes', () => {
  const item = (id: string, importMode: string, more: JsonObject = {}): JsonObject => ({ id, importMode, ...more });
  const twin = (n: number): JsonObject => ({ tags: { n }, properties: { desired: { n } } });

  it('refuses 101 items, no items and unknown modes', async () => {
    const many = await bulk(devices('many', 101).map(({ deviceId }) => item(deviceId, 'create')));
    expect([many.status, errorNameIn(many.body)]).toEqual([413, 'TooManyDevices']);
    expect((await bulk([])).status).toBe(400);
    expect((await bulk([item('x', 'paint')])).body).toMatchObject({ errors: [{ errorCode: 'ArgumentInvalid' }] });
  });

  it('creates a device together with its twin, whose versions are those of a new one', async () => {
    await bulk([item('with-twin', 'create', twin(1))]);
    const created = await readTwin('with-twin');
    expect(created).toMatchObject({ version: 2, etag: 'AAAAAAAAAAE=', tags: { n: 1 } });
    expect(created.properties.desired).toMatchObject({ n: 1, $version: 1 });
  });

  it('creates or overwrites with createOrUpdate', async () => {
    await bulk([item('either', 'createOrUpdate', twin(1))]);
    const first = await read('either');
    await bulk([item('either', 'createOrUpdate', { status: 'disabled', tags: { more: true } })]);
    expect(await read('either')).toMatchObject({ status: 'disabled', generationId: first.generationId });
    expect((await readTwin('either')).tags).toEqual({ n: 1, more: true });
  });

  it('updates twins, under the ETag where asked to', async () => {
    await hub.registry.create({ deviceId: 'twin' });
    await bulk([item('twin', 'updateTwin', twin(1))]);
    const { etag, tags, properties } = await readTwin('twin');
    expect([tags, plain(properties.desired)]).toEqual([{ n: 1 }, { n: 1 }]);
    const current = await bulk([item('twin', 'updateTwinIfMatchETag', { twinETag: etag, ...twin(2) })]);
    const stale = await bulk([item('twin', 'updateTwinIfMatchETag', { twinETag: etag, ...twin(3) })]);
    expect(current.body).toMatchObject({ isSuccessful: true });
    expect(stale.body).toMatchObject({ errors: [{ errorCode: 'PreconditionFailed' }] });
    expect((await readTwin('twin')).tags).toEqual({ n: 2 });
  });

  it('takes modules of different devices, but not two of the same', async () => {
    await hub.registry.addDevices([{ deviceId: 'm1' }, { deviceId: 'm2' }]);
    const module = (id: string, moduleId: string) => item(id, 'create', { moduleId });
    expect((await bulk([module('m1', 'a'), module('m2', 'a')])).status).toBe(200);
    expect((await hub.registry.getModule('m2', 'a')).responseBody.moduleId).toBe('a');
    const same = await bulk([module('m1', 'b'), module('m1', 'c')]);
    expect(errorNameIn(same.body)).toBe('DeviceDefinedMultipleTimes');
    const orphan = await bulk([module('nobody', 'a')]);
    expect(orphan.body).toMatchObject({ errors: [{ deviceId: 'nobody', moduleId: 'a', errorCode: 'DeviceNotFound' }] });
  });
});
