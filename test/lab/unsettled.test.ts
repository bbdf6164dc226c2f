import { Client } from 'azure-iot-device';
import { Mqtt } from 'azure-iot-device-mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import type { HubMessage, Unsettled } from '../../lab/contracts.js';
import { createSelfSignedCertificate } from '../../lab/net/device-certificates.js';
import { aLab, readEvents, registryOf } from './a-lab.js';
import { aHost } from './support/event-grid.js';
import { answerOf, plain, type TwinAnswer } from './support/hub-answers.js';
import { refusalOf } from './support/hub-refusals.js';
import { inAnHour, startHubServer } from './support/hub-server.js';
import { noRetry, startMqttHub } from './support/mqtt-hub.js';

const open: { close: () => Promise<unknown> }[] = [];
const closedAfterwards = <T extends { close: () => Promise<unknown> }>(server: T): T => {
  open.push(server);
  return server;
};
afterEach(async () => {
  for (const server of open.splice(0).toReversed()) await server.close();
});

/** A hub, and what it tells from now on: the opType's verb and whose. */
async function aHub(unsettled: Partial<Unsettled>) {
  const hub = closedAfterwards(await startHubServer({ unsettled }));
  const told: string[] = [];
  hub.core.onMessage(({ applicationProperties: { opType = '' }, deviceId, moduleId }: HubMessage) =>
    told.push([opType.replace('DeviceIdentity', ''), deviceId, moduleId].filter(Boolean).join(' ')),
  );
  return { ...hub, told };
}

describe('moduleDeletesToldWithDevice', () => {
  it.each([
    [false, ['delete d']],
    ['before', ['delete d m1', 'delete d m2', 'delete d']],
    ['after', ['delete d', 'delete d m1', 'delete d m2']],
  ] as const)('%s: what the end of a device with two modules tells', async (moduleDeletesToldWithDevice, expected) => {
    const { registry, told } = await aHub({ moduleDeletesToldWithDevice });
    await registry.create({ deviceId: 'd' });
    for (const moduleId of ['m1', 'm2']) await registry.addModule({ deviceId: 'd', moduleId });
    told.length = 0;
    await registry.delete('d');
    expect(told).toEqual(expected);
  });

  it('tells of a module that is deleted alone once', async () => {
    const { registry, told } = await aHub({ moduleDeletesToldWithDevice: 'after' });
    await registry.create({ deviceId: 'd' });
    await registry.addModule({ deviceId: 'd', moduleId: 'm' });
    await registry.removeModule('d', 'm');
    await registry.delete('d');
    expect(told).toEqual(['create d', 'create d m', 'delete d m', 'delete d']);
  });

  it.each([
    [true, ['delete e', 'delete e $edgeAgent', 'delete e $edgeHub', 'delete e m']],
    [false, ['delete e', 'delete e m']],
  ])('counts system modules in as systemModulesTold (%s) says', async (systemModulesTold, expected) => {
    const { registry, told } = await aHub({ moduleDeletesToldWithDevice: 'after', systemModulesTold });
    await registry.create({ deviceId: 'e', capabilities: { iotEdge: true } });
    await registry.addModule({ deviceId: 'e', moduleId: 'm' });
    told.length = 0;
    await registry.delete('e');
    expect(told).toEqual(expected);
  });
});

describe('systemModulesTold', () => {
  const ofBoth = (deviceId: string) => ['$edgeAgent', '$edgeHub'].map((name) => `create ${deviceId} ${name}`);

  it.each([true, false])('%s: what the create of an Edge device tells, and a device that becomes one', async (told) => {
    const hub = await aHub({ systemModulesTold: told });
    await hub.registry.create({ deviceId: 'born', capabilities: { iotEdge: true } });
    await hub.registry.create({ deviceId: 'made' });
    await hub.registry.update({ deviceId: 'made', capabilities: { iotEdge: true } });
    const expected = told
      ? ['create born', ...ofBoth('born'), 'create made', ...ofBoth('made')]
      : ['create born', 'create made'];
    expect(hub.told).toEqual(expected);
    expect(hub.core.listModules('made')).toHaveLength(2);
  });
});

describe('moduleEventsInEventGrid', () => {
  it.each([
    [false, ['Created d', 'Created last']],
    [true, ['Created d', 'Created d', 'Deleted d', 'Created last']],
  ])('%s: what Event Grid delivers of a module that is created and deleted', async (on, expected) => {
    const host = closedAfterwards(aHost());
    const lab = closedAfterwards(await aLab({ unsettled: { moduleEventsInEventGrid: on } }));
    lab.setWebhook({ url: await host.listen() });
    const registry = registryOf(lab, 'primary');
    await registry.create({ deviceId: 'd' });
    await registry.addModule({ deviceId: 'd', moduleId: 'm' });
    await registry.removeModule('d', 'm');
    await registry.create({ deviceId: 'last' });
    const received = () => host.notifications().flatMap(({ events }) => events);
    await expect.poll(() => received().map(({ data }) => data['deviceId']), { timeout: 20_000 }).toContain('last');
    await expect.poll(() => received().length, { timeout: 20_000 }).toBe(expected.length);
    expect(
      received()
        .map(
          ({ eventType, data }) => `${eventType.replace('Microsoft.Devices.Device', '')} ${String(data['deviceId'])}`,
        )
        .toSorted(),
    ).toEqual(expected.toSorted());
    expect(new Set(received().map(({ subject }) => subject))).toEqual(new Set(['devices/d', 'devices/last']));
  });
});

describe('reportedInBulkCreate', () => {
  it.each([
    [false, {}],
    [true, { level: 1 }],
  ])('%s: what a bulk create makes of reported properties', async (reportedInBulkCreate, expected) => {
    const { registry, rest } = await aHub({ reportedInBulkCreate });
    const properties = { reported: { level: 1, $version: 7 }, desired: { rate: 2 } };
    const body = [{ id: 'd', importMode: 'create', tags: { site: 'north' }, properties }];
    expect(await rest('POST', '/devices', { body })).toMatchObject({ status: 200 });
    const twin = await answerOf<TwinAnswer>(registry.getTwin('d'));
    expect(plain(twin.properties.reported)).toEqual(expected);
    expect([twin.version, twin.properties.reported.$version, twin.tags]).toEqual([2, 1, { site: 'north' }]);
    expect(plain(twin.properties.desired)).toEqual({ rate: 2 });
    // An update is not a create.
    const update = [{ id: 'd', importMode: 'updateTwin', properties: { reported: { level: 2 } } }];
    expect(await rest('POST', '/devices', { body: update })).toMatchObject({ status: 200 });
    expect(plain((await answerOf<TwinAnswer>(registry.getTwin('d'))).properties.reported)).toEqual(expected);
  });
});

describe('retryAfterOn429', () => {
  it.each([
    [true, '1'],
    [false, undefined],
  ])('%s: the header of a throttled call and of a fault', async (retryAfterOn429, expected) => {
    const lab = closedAfterwards(
      await aLab({ tier: 'S1', shaping: { burstInSeconds: 3, maxDelayInMs: 0 }, unsettled: { retryAfterOn429 } }),
    );
    const registry = registryOf(lab, 'primary');
    await registry.createQuery('SELECT * FROM devices').nextAsTwin();
    const throttled = await refusalOf(registry.createQuery('SELECT * FROM devices').nextAsTwin());
    lab.addFault({ hub: 'primary', plane: 'https', kind: 'status', status: 429 });
    const faulty = await refusalOf(registry.get('d'));
    expect([throttled.status, faulty.status]).toEqual([429, 429]);
    expect([throttled.headers['retry-after'], faulty.headers['retry-after']]).toEqual([expected, expected]);
  });
});

describe('edgeScopeRefusedInBulk', () => {
  it.each([true, false])(
    '%s: a bulk update of an Edge device without its own scope',
    async (edgeScopeRefusedInBulk) => {
      const { core, rest } = await aHub({ edgeScopeRefusedInBulk });
      const { deviceScope = '' } = core.createIdentity({ deviceId: 'e' }, { capabilities: { iotEdge: true } });
      const update = (more: object) =>
        rest('POST', '/devices', {
          body: [{ id: 'e', importMode: 'update', capabilities: { iotEdge: true }, status: 'disabled', ...more }],
        });
      expect(await update({})).toMatchObject({ status: edgeScopeRefusedInBulk ? 400 : 200 });
      const expected = edgeScopeRefusedInBulk ? 'enabled' : 'disabled';
      expect(core.getIdentity({ deviceId: 'e' })).toMatchObject({ status: expected, deviceScope });
      expect(await update({ deviceScope })).toMatchObject({ status: 200 });
      expect(core.getIdentity({ deviceId: 'e' })).toMatchObject({ status: 'disabled', deviceScope });
    },
  );
});

describe('moduleUnauthorizedWithoutDevice', () => {
  const calls = (deviceId: string) =>
    [
      ['GET', `/devices/${deviceId}/modules`],
      ['GET', `/devices/${deviceId}/modules/m`],
      ['PUT', `/devices/${deviceId}/modules/m`, { body: {}, headers: { 'If-Match': '"*"' } }],
      ['DELETE', `/devices/${deviceId}/modules/m`, { headers: { 'If-Match': '"*"' } }],
    ] as const;

  it.each([
    [true, [401, 401, 401, 401], [401, 401, 401, 401], [200, 200, 200, 204]],
    // By then the module is deleted.
    [false, [404, 404, 404, 404], [200, 200, 200, 204], [200, 404, 404, 404]],
  ])(
    '%s: modules of a missing and of a disabled device, by shared access policy',
    async (moduleUnauthorizedWithoutDevice, ofMissing, ofDisabled, byBearer) => {
      const bearer = 'Bearer a-token';
      const hub = closedAfterwards(
        await startHubServer({ unsettled: { moduleUnauthorizedWithoutDevice }, verifyBearer: () => inAnHour() }),
      );
      const { core, rest } = hub;
      const statuses = async (deviceId: string, token?: string) => {
        const answers: number[] = [];
        for (const [method, path, call] of calls(deviceId))
          answers.push((await rest(method, path, { ...call, ...(token !== undefined && { token }) })).status);
        return answers;
      };
      const key = { deviceId: 'd', moduleId: 'm' };
      core.createIdentity({ deviceId: 'd' }, {});
      core.createIdentity(key, {});
      core.updateIdentity({ deviceId: 'd' }, { status: 'disabled' }, '*');
      expect(await statuses('nobody')).toEqual(ofMissing);
      expect(await statuses('nobody', bearer)).toEqual([404, 404, 404, 404]);
      // Twin paths work in both.
      expect(await rest('GET', '/twins/d/modules/m')).toMatchObject({ status: 200 });
      expect(await statuses('d')).toEqual(ofDisabled);
      expect(await statuses('d', bearer)).toEqual(byBearer);
    },
  );
});

describe('moduleErrorsInSecondEnvelope', () => {
  it.each([
    [true, { errorCode: 404010, message: 'Module not registered' }],
    [false, { Message: 'ErrorCode:ModuleNotFound;Module not registered' }],
  ])(
    '%s: how a module is refused that is not there, and its device',
    async (moduleErrorsInSecondEnvelope, expected) => {
      const { registry } = await aHub({ moduleErrorsInSecondEnvelope });
      await registry.create({ deviceId: 'd' });
      const refused = await refusalOf(registry.getModule('d', 'm'));
      expect(refused).toMatchObject({ status: 404, errorName: 'ModuleNotFound', body: expected });
      expect(await refusalOf(registry.get('nobody'))).toMatchObject({
        body: { Message: 'ErrorCode:DeviceNotFound;Device not registered' },
      });
    },
  );
});

describe('timesPadded', () => {
  const never = '0001-01-01T00:00:00';
  it.each([
    [true, [`${never}Z`, `${never}.0000000Z`, `${never}.0000000Z`, `${never}Z`], /\.\d{3}0000Z$/],
    [false, [never, `${never}Z`, `${never}Z`, `${never}Z`], /(:\d\d|\.\d{0,2}[1-9])Z$/],
  ])('%s: times in a create, a read, a twin and a query', async (timesPadded, expected, changed) => {
    const { rest } = await aHub({ timesPadded, queriesLagInMs: 0 });
    const created = (await rest('PUT', '/devices/d', { body: {} })).body;
    const read = async () => (await rest('GET', '/devices/d')).body as Record<string, string>;
    const before = await read();
    const twin = (await rest('GET', '/twins/d')).body;
    const query = await rest('POST', '/devices/query', { body: { query: 'SELECT * FROM devices' } });
    const answers = [created, before, twin, (query.body as unknown[])[0]] as Record<string, string>[];
    expect(answers.map(({ lastActivityTime }) => lastActivityTime)).toEqual(expected);
    const disabled = { body: { status: 'disabled' }, headers: { 'If-Match': '*' } };
    const updated = (await rest('PUT', '/devices/d', disabled)).body as Record<string, string>;
    expect(updated).toMatchObject({ lastActivityTime: `${never}Z` });
    expect(updated['statusUpdatedTime']).toMatch(/(:\d\d|\.\d{0,2}[1-9])Z$/);
    expect((await read())['statusUpdatedTime']).toMatch(changed);
  });
});

describe('what queries find', () => {
  const aQueryHub = async (unsettled: Partial<Unsettled>) => {
    let time = 0;
    const hub = closedAfterwards(await startHubServer({ unsettled, monotonicInMs: () => time }));
    const found = async () => {
      const { body } = await hub.rest('POST', '/devices/query', { body: { query: 'SELECT * FROM devices' } });
      return (body as { deviceId: string; tags?: object; connectionState: string }[]).map(
        ({ deviceId, tags, connectionState }) => ({ deviceId, tags, connectionState }),
      );
    };
    return { ...hub, found, pass: (inMs: number) => (time += inMs) };
  };
  const device = { deviceId: 'd', tags: undefined, connectionState: 'Disconnected' };

  it.each([
    [1_400, []],
    [0, [device]],
  ])('queriesLagInMs %i: right after a create', async (queriesLagInMs, expected) => {
    const { registry, found, pass, core } = await aQueryHub({ queriesLagInMs });
    await registry.create({ deviceId: 'd' });
    expect(await found()).toEqual(expected);
    pass(1_400);
    expect(await found()).toEqual([device]);
    await registry.updateTwin('d', { tags: { n: 1 } }, '*');
    core.setConnectionState({ deviceId: 'd' }, true);
    const connected = { ...device, connectionState: 'Connected' };
    expect(await found()).toEqual([queriesLagInMs > 0 ? connected : { ...connected, tags: { n: 1 } }]);
    pass(1_399);
    await registry.delete('d');
    pass(1);
    expect(await found()).toEqual(queriesLagInMs > 0 ? [{ ...device, tags: { n: 1 } }] : []);
    pass(1_399);
    expect(await found()).toEqual([]);
  });

  it.each([
    [0, []],
    [1_500_000, [device]],
  ])('deletedInQueriesForInMs %i: 24 minutes after the end', async (deletedInQueriesForInMs, expected) => {
    const { registry, found, pass } = await aQueryHub({ deletedInQueriesForInMs });
    await registry.create({ deviceId: 'd' });
    await registry.delete('d');
    pass(1_440_000);
    expect(await found()).toEqual(expected);
    // The next life stays when the time of the one before is over.
    await registry.create({ deviceId: 'd' });
    pass(60_000);
    expect(await found()).toEqual([device]);
    await registry.delete('d');
    pass(1_500_000);
    expect(await found()).toEqual([]);
  });
});

describe('expiredThumbprintRefused', () => {
  it.each([
    [false, ['connected', 'connected']],
    [true, ['UnauthorizedError', 'connected']],
  ])('%s: a device whose certificate expired a minute ago, and one whose is good', async (refused, expected) => {
    await using hub = await startMqttHub({ unsettled: { expiredThumbprintRefused: refused } });
    const minutesFromNow = (minutes: number) => new Date(Date.now() + minutes * 60_000);
    const tryToConnect = async (deviceId: string, notAfter: Date): Promise<string> => {
      const certificate = await createSelfSignedCertificate(deviceId, { notBefore: minutesFromNow(-60), notAfter });
      const x509Thumbprint = { primaryThumbprint: certificate.thumbprints.sha256 };
      hub.core.createIdentity({ deviceId }, { authentication: { type: 'selfSigned', x509Thumbprint } });
      const client = Client.fromConnectionString(`HostName=${hub.core.hostName};DeviceId=${deviceId};x509=true`, Mqtt);
      client.setRetryPolicy(noRetry);
      await client.setOptions({ cert: certificate.certPem, key: certificate.keyPem });
      try {
        await client.open();
      } catch (error) {
        return (error as Error).name;
      }
      await client.close();
      return 'connected';
    };
    const outcomes = [await tryToConnect('old', minutesFromNow(-1)), await tryToConnect('good', minutesFromNow(60))];
    expect(outcomes).toEqual(expected);
  });
});

describe('a laboratory', () => {
  it('hands its switches to both hubs, whose routes carry what they tell', async () => {
    const lab = closedAfterwards(await aLab({ unsettled: { moduleDeletesToldWithDevice: 'before' } }));
    for (const role of ['primary', 'secondary'] as const) {
      await registryOf(lab, role).create({ deviceId: 'd' });
      await registryOf(lab, role).addModule({ deviceId: 'd', moduleId: 'm' });
      await registryOf(lab, role).delete('d');
    }
    for (const eventHub of ['devicetwin', 'devicetwin-secondary']) {
      const events = await readEvents(lab, eventHub, 4);
      expect(events.map(({ properties }) => [properties?.['opType'], properties?.['moduleId']])).toEqual([
        ['createDeviceIdentity', undefined],
        ['createDeviceIdentity', 'm'],
        ['deleteDeviceIdentity', 'm'],
        ['deleteDeviceIdentity', undefined],
      ]);
    }
  });
});
