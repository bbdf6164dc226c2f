import type { Module } from 'azure-iothub/dist/module.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerOf, type DeviceAnswer, type TwinAnswer } from './support/hub-answers.js';
import { refusalOf } from './support/hub-refusals.js';
import { startHubServer, type HubServer } from './support/hub-server.js';

let hub: HubServer;
beforeAll(async () => {
  hub = await startHubServer();
  await hub.registry.create({ deviceId: 'host' });
});
afterAll(() => hub.close());

const moduleOf = async (deviceId: string, moduleId: string): Promise<Module> =>
  (await hub.registry.getModule(deviceId, moduleId)).responseBody;

/** Under the module's ETag: azure-iothub 1.16.6 does that in the callback form only; with a promise it throws a ReferenceError. */
const removeUnderEtag = (module: Module): Promise<void> =>
  new Promise((resolve, reject) => {
    hub.registry.removeModule(module, (error) => (error ? reject(error) : resolve()));
  });

describe('module identities', () => {
  it('creates a module with keys of its own and shows no status for it', async () => {
    await hub.registry.addModule({ deviceId: 'host', moduleId: 'm#1', managedBy: 'somebody' });
    const module = await moduleOf('host', 'm#1');
    expect(module).toMatchObject({ deviceId: 'host', moduleId: 'm#1', managedBy: 'somebody' });
    expect(module.authentication?.symmetricKey?.primaryKey).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    expect(module).not.toHaveProperty('status');
    const { responseBody: listed } = await hub.registry.getModulesOnDevice('host');
    expect(listed.map(({ moduleId }) => moduleId)).toEqual(['m#1']);
  });

  it('refuses an id that begins with $', async () => {
    const refused = await refusalOf(hub.registry.addModule({ deviceId: 'host', moduleId: '$mine' }));
    expect(refused).toMatchObject({ status: 400, errorName: 'ArgumentInvalid' });
  });

  it('updates and removes a module under its ETag', async () => {
    await hub.registry.addModule({ deviceId: 'host', moduleId: 'etag' });
    const before = await moduleOf('host', 'etag');
    await hub.registry.updateModule({ ...before, managedBy: 'me' });
    const after = await moduleOf('host', 'etag');
    expect(after).toMatchObject({ managedBy: 'me', generationId: before.generationId });
    expect(await refusalOf(hub.registry.updateModule(before))).toMatchObject({
      status: 412,
      errorName: 'PreconditionFailed',
      className: 'InvalidEtagError',
    });
    expect(await refusalOf(removeUnderEtag(before))).toMatchObject({ status: 412 });
    await removeUnderEtag(after);
    expect(await refusalOf(hub.registry.getModule('host', 'etag'))).toMatchObject({
      status: 404,
      errorName: 'ModuleNotFound',
    });
  });

  it('refuses with the codes of the service', async () => {
    await hub.registry.addModule({ deviceId: 'host', moduleId: 'once' });
    const refusals = await Promise.all([
      refusalOf(hub.registry.addModule({ deviceId: 'host', moduleId: 'once' })),
      refusalOf(hub.registry.addModule({ deviceId: 'nobody', moduleId: 'm' })),
      refusalOf(hub.registry.getModule('host', 'nothing')),
      refusalOf(hub.registry.getModule('nobody', 'nothing')),
      refusalOf(hub.registry.getModuleTwin('host', 'nothing')),
      refusalOf(hub.registry.updateModuleTwin('host', 'nothing', {}, '*')),
      refusalOf(hub.registry.getModulesOnDevice('nobody')),
    ]);
    expect(refusals.map(({ status, errorName }) => [status, errorName])).toEqual([
      [409, 'ModuleAlreadyExistsOnDevice'],
      [401, 'IotHubUnauthorizedAccess'],
      [404, 'ModuleNotFound'],
      [401, 'IotHubUnauthorizedAccess'],
      [404, 'DeviceNotFound'],
      [404, 'DeviceNotFound'],
      [401, 'IotHubUnauthorizedAccess'],
    ]);
    expect(refusals[0]?.body).toMatchObject({ errorCode: 409301 });
    expect(refusals[2]?.body).toMatchObject({ errorCode: 404010 });
  });

  it('takes 50 modules on a device and no more', async () => {
    await hub.registry.create({ deviceId: 'crowded' });
    for (let n = 0; n < 50; n += 1) await hub.registry.addModule({ deviceId: 'crowded', moduleId: `m${n}` });
    const refused = await refusalOf(hub.registry.addModule({ deviceId: 'crowded', moduleId: 'm50' }));
    expect(refused).toMatchObject({ status: 413, errorName: 'TooManyModulesOnDevice' });
  });

  it('keeps a twin for each module apart from its device and its siblings', async () => {
    await hub.registry.create({ deviceId: 'twins' });
    await hub.registry.addModule({ deviceId: 'twins', moduleId: 'a' });
    await hub.registry.addModule({ deviceId: 'twins', moduleId: 'b' });
    await hub.registry.updateModuleTwin('twins', 'a', { tags: { of: 'a' }, properties: { desired: { n: 1 } } }, '*');
    const a = await answerOf<TwinAnswer>(hub.registry.getModuleTwin('twins', 'a'));
    expect(a).toMatchObject({ deviceId: 'twins', moduleId: 'a', version: 3, tags: { of: 'a' } });
    expect((await hub.registry.getModuleTwin('twins', 'b')).responseBody.tags).toEqual({});
    expect((await hub.registry.getTwin('twins')).responseBody.tags).toEqual({});
  });

  it('takes modules away with their device', async () => {
    await hub.registry.create({ deviceId: 'going' });
    await hub.registry.addModule({ deviceId: 'going', moduleId: 'm' });
    await hub.registry.delete('going');
    await hub.registry.create({ deviceId: 'going' });
    expect((await hub.registry.getModulesOnDevice('going')).responseBody).toEqual([]);
  });
});

describe('Edge devices', () => {
  it('come with their system modules, which nobody else may write', async () => {
    await hub.registry.create({ deviceId: 'edge', capabilities: { iotEdge: true } });
    const { responseBody: modules } = await hub.registry.getModulesOnDevice('edge');
    expect(modules.map(({ moduleId }) => moduleId)).toEqual(['$edgeAgent', '$edgeHub']);
    const agent = await moduleOf('edge', '$edgeAgent');
    const refusals = await Promise.all([
      refusalOf(hub.registry.addModule({ deviceId: 'edge', moduleId: '$edgeAgent' })),
      refusalOf(hub.registry.updateModule(agent)),
      refusalOf(removeUnderEtag(agent)),
      refusalOf(hub.registry.updateModuleTwin('edge', '$edgeHub', { tags: { a: 1 } }, '*')),
    ]);
    expect(new Set(refusals.map(({ status, errorName }) => `${status} ${errorName}`))).toEqual(
      new Set(['401 SystemModuleModifyUnauthorizedAccess']),
    );
  });

  it('get a scope of this hub, which children use and which cannot be brought from another hub', async () => {
    const edge = { deviceId: 'p-1', capabilities: { iotEdge: true } };
    const parent = await answerOf<DeviceAnswer>(hub.registry.create(edge));
    expect(parent.deviceScope).toMatch(/^ms-azure-iot-edge:\/\/p-1-\d+$/);
    const { responseBody: child } = await hub.registry.create({ deviceId: 'c', deviceScope: parent.deviceScope });
    expect(child).toMatchObject({ deviceScope: parent.deviceScope, parentScopes: [parent.deviceScope] });
    const foreign = 'ms-azure-iot-edge://p-1-637180264953163642';
    for (const device of [
      { deviceId: 'lost', deviceScope: foreign },
      { deviceId: 'lost', capabilities: { iotEdge: true }, deviceScope: foreign },
      { deviceId: 'lost', capabilities: { iotEdge: true }, parentScopes: [foreign] },
    ]) {
      expect(await refusalOf(hub.registry.create(device))).toMatchObject({
        status: 400,
        errorName: 'InvalidDeviceScope',
      });
    }
  });

  it('keep their own scope with each write, and a leaf that is written without one leaves its parent', async () => {
    const { registry, core } = hub;
    const parent = core.createIdentity({ deviceId: 'own-scope' }, { capabilities: { iotEdge: true } });
    const { deviceScope = '' } = parent;
    const edge = { deviceId: 'own-scope', capabilities: { iotEdge: true } };
    for (const wrong of [{}, { deviceScope: '' }, { deviceScope: `${deviceScope}0` }]) {
      const refused = await refusalOf(registry.update({ ...edge, ...wrong }));
      expect(refused).toMatchObject({ status: 400, errorName: 'ArgumentInvalid' });
    }
    await registry.update({ ...edge, deviceScope, status: 'disabled' });
    expect(core.getIdentity({ deviceId: 'own-scope' })).toMatchObject({ status: 'disabled', deviceScope });
    core.createIdentity({ deviceId: 'leaf' }, { deviceScope });
    await registry.update({ deviceId: 'leaf', deviceScope });
    expect(core.getIdentity({ deviceId: 'leaf' })).toMatchObject({ deviceScope, parentScopes: [deviceScope] });
    await registry.update({ deviceId: 'leaf' });
    expect(core.getIdentity({ deviceId: 'leaf' })).not.toHaveProperty('deviceScope');
  });
});
