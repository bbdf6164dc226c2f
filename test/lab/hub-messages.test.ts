import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { HubMessage, IdentityKey, Json, JsonObject, LifecycleNotice } from '../../lab/contracts.js';
import { answerOf, type DeviceAnswer } from './support/hub-answers.js';
import { startHubServer, type HubServer } from './support/hub-server.js';

let hub: HubServer;
let messages: HubMessage[] = [];
let notices: LifecycleNotice[] = [];
let revoked: IdentityKey[] = [];
let desired: [IdentityKey, JsonObject][] = [];
let writes: { kind: string; key: IdentityKey }[] = [];

beforeAll(async () => {
  hub = await startHubServer({ hostName: 'p-events.azure-devices.net' });
  hub.core.onMessage((message) => messages.push(message));
  hub.core.onLifecycle((notice) => notices.push(notice));
  hub.core.onRevoked((key) => revoked.push(key));
  hub.core.onDesired((key, patch) => desired.push([key, patch]));
  hub.core.onWrite((write) => writes.push(write));
});
afterAll(() => hub.close());

function forget(): void {
  [messages, notices, revoked, desired, writes] = [[], [], [], [], []];
}
beforeEach(forget);

const time: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$/);
const bodyOf = (message: HubMessage | undefined): Json => JSON.parse(message?.body.toString() ?? 'null') as Json;
async function aDevice(deviceId: string, more: object = {}): Promise<void> {
  await hub.registry.create({ deviceId, ...more });
  forget();
}

describe('lifecycle events', () => {
  it('tell of a created device with the properties and annotations of the service, and without keys', async () => {
    await hub.registry.create({ deviceId: 'Born' });
    const [message, ...others] = messages;
    expect(others).toEqual([]);
    expect(message).toEqual({
      source: 'deviceLifecycleEvents',
      deviceId: 'Born',
      body: expect.any(Buffer) as unknown,
      contentType: 'application/json',
      contentEncoding: 'utf-8',
      correlationId: expect.stringMatching(/^[0-9a-f]{32}$/) as unknown,
      userId: 'p-events',
      applicationProperties: {
        hubName: 'p-events',
        deviceId: 'Born',
        opType: 'createDeviceIdentity',
        operationTimestamp: time,
        'iothub-message-schema': 'deviceLifecycleNotification',
      },
      annotations: {
        'iothub-connection-device-id': 'Born',
        'iothub-enqueuedtime': expect.any(Number) as unknown,
        'iothub-message-source': 'deviceLifecycleEvents',
      },
    });
    const section = { $metadata: { $lastUpdated: '0001-01-01T00:00:00Z' }, $version: 1 };
    expect(bodyOf(message)).toEqual({
      deviceId: 'Born',
      etag: 'AAAAAAAAAAE=',
      version: 2,
      properties: { desired: section, reported: section },
    });
    expect(notices).toEqual([{ kind: 'created', deviceId: 'Born', at: expect.any(Date) as unknown }]);
  });

  it('tell of a deleted device, and revoke it', async () => {
    await aDevice('gone');
    await hub.registry.delete('gone');
    expect(messages.map(({ applicationProperties }) => applicationProperties['opType'])).toEqual([
      'deleteDeviceIdentity',
    ]);
    expect(notices.map(({ kind, deviceId }) => [kind, deviceId])).toEqual([['deleted', 'gone']]);
    expect(revoked).toEqual([{ deviceId: 'gone' }]);
  });

  it('tell of modules on the same route, told apart by moduleId only, and never by Event Grid', async () => {
    await aDevice('host');
    await hub.registry.addModule({ deviceId: 'host', moduleId: 'm' });
    await hub.registry.removeModule('host', 'm');
    const seen = messages.map(({ applicationProperties, annotations }) => [
      applicationProperties['opType'],
      applicationProperties['moduleId'],
      annotations['iothub-connection-module-id'],
    ]);
    expect(seen).toEqual([
      ['createDeviceIdentity', 'm', 'm'],
      ['deleteDeviceIdentity', 'm', 'm'],
    ]);
    expect(bodyOf(messages[0])).toMatchObject({ deviceId: 'host', moduleId: 'm', version: 2 });
    expect(notices).toEqual([]);
  });

  it('do not exist for an identity update, which revokes when it disables or changes keys', async () => {
    await aDevice('changing');
    const device = await answerOf<DeviceAnswer>(hub.registry.get('changing'));
    await hub.registry.update({ ...device, statusReason: 'a note' });
    expect([messages, notices, revoked]).toEqual([[], [], []]);
    await hub.registry.update({ ...device, status: 'disabled' });
    await hub.registry.update({ deviceId: 'changing' });
    expect([messages, notices]).toEqual([[], []]);
    expect(revoked).toEqual([{ deviceId: 'changing' }, { deviceId: 'changing' }]);
    expect(writes.map(({ kind }) => kind)).toEqual(['identity', 'identity', 'identity']);
  });

  it('tell of an Edge device and its system modules', async () => {
    await hub.registry.create({ deviceId: 'edge', capabilities: { iotEdge: true } });
    expect(messages.map(({ moduleId }) => moduleId)).toEqual([undefined, '$edgeAgent', '$edgeHub']);
    expect(notices).toHaveLength(1);
  });

  it('carry the twin that a bulk create gave', async () => {
    await hub.rest('POST', '/devices', { body: [{ id: 'bulk', importMode: 'create', tags: { a: 1 } }] });
    expect(bodyOf(messages[0])).toMatchObject({ deviceId: 'bulk', tags: { a: 1 } });
  });
});

describe('twin change events', () => {
  it('carry only what was changed, with null for what was removed', async () => {
    await aDevice('t');
    await hub.registry.updateTwin(
      't',
      { tags: { keep: 1 }, properties: { desired: { a: 1, b: { c: 1, d: 1 } } } },
      '*',
    );
    forget();
    await hub.registry.updateTwin(
      't',
      { tags: { gone: null }, properties: { desired: { a: null, b: { c: 2 } } } },
      '*',
    );
    const [message, ...others] = messages;
    expect(others).toEqual([]);
    expect(message).toMatchObject({
      source: 'twinChangeEvents',
      applicationProperties: {
        hubName: 'p-events',
        deviceId: 't',
        opType: 'updateTwin',
        operationTimestamp: time,
        'iothub-message-schema': 'twinChangeNotification',
      },
      annotations: { 'iothub-message-source': 'twinChangeEvents', 'iothub-connection-device-id': 't' },
    });
    const stamp = { $lastUpdated: time, $lastUpdatedVersion: 3 };
    expect(bodyOf(message)).toEqual({
      version: 4,
      tags: { gone: null },
      properties: {
        desired: { a: null, b: { c: 2 }, $metadata: { ...stamp, b: { ...stamp, c: stamp } }, $version: 3 },
      },
    });
    expect(desired).toEqual([[{ deviceId: 't' }, { a: null, b: { c: 2 }, $version: 3 }]]);
  });

  it('come again when nothing changes, and not when a write is refused', async () => {
    await aDevice('same');
    await hub.registry.updateTwin('same', { tags: { a: 1 } }, '*');
    await hub.registry.updateTwin('same', { tags: { a: 1 } }, '*');
    expect(messages.map((message) => bodyOf(message))).toEqual([
      { version: 3, tags: { a: 1 } },
      { version: 4, tags: { a: 1 } },
    ]);
    forget();
    await expect(hub.registry.updateTwin('same', { tags: { 'a.b': 1 } }, '*')).rejects.toThrow('key');
    await expect(hub.registry.updateTwin('same', { tags: { a: 2 } }, 'c3RhbGU=')).rejects.toThrow('etag');
    expect([messages, desired, writes]).toEqual([[], [], []]);
  });

  it('carry the whole twin for a replace, and tell the device what went', async () => {
    await aDevice('whole');
    await hub.registry.updateTwin('whole', { tags: { a: 1 }, properties: { desired: { old: 1 } } }, '*');
    forget();
    await hub.rest('PUT', '/twins/whole', { body: { properties: { desired: { fresh: 1 } } } });
    expect(messages[0]?.applicationProperties['opType']).toBe('replaceTwin');
    expect(bodyOf(messages[0])).toMatchObject({
      deviceId: 'whole',
      etag: 'AAAAAAAAAAM=',
      version: 4,
      tags: {},
      properties: { desired: { fresh: 1, $version: 3 }, reported: { $version: 1 } },
    });
    expect(desired).toEqual([[{ deviceId: 'whole' }, { old: null, fresh: 1, $version: 3 }]]);
  });

  it('carry the scope of an Edge device and of its leaf', async () => {
    const edge = { deviceId: 'scoped', capabilities: { iotEdge: true } };
    const { deviceScope = '' } = await answerOf<DeviceAnswer>(hub.registry.create(edge));
    await hub.registry.create({ deviceId: 'its-leaf', deviceScope });
    await hub.rest('PUT', '/twins/scoped', { body: { tags: {} } });
    const told = messages.map((message) => [
      message.deviceId,
      message.moduleId,
      (bodyOf(message) as JsonObject)['deviceScope'],
    ]);
    expect(deviceScope).toMatch(/^ms-azure-iot-edge:/);
    expect(told).toEqual([
      ['scoped', undefined, deviceScope],
      ['scoped', '$edgeAgent', undefined],
      ['scoped', '$edgeHub', undefined],
      ['its-leaf', undefined, deviceScope],
      ['scoped', undefined, deviceScope],
    ]);
  });

  it('carry reported properties of devices and modules', async () => {
    await aDevice('r');
    await hub.registry.addModule({ deviceId: 'r', moduleId: 'm' });
    forget();
    hub.core.patchReported({ deviceId: 'r', moduleId: 'm' }, { level: 1 });
    expect(messages[0]).toMatchObject({
      moduleId: 'm',
      applicationProperties: { moduleId: 'm', opType: 'updateTwin' },
    });
    expect(bodyOf(messages[0])).toEqual({
      version: 3,
      properties: {
        reported: { level: 1, $metadata: { $lastUpdated: time, level: { $lastUpdated: time } }, $version: 2 },
      },
    });
    expect([desired, writes]).toEqual([[], [{ kind: 'reported', key: { deviceId: 'r', moduleId: 'm' } }]]);
  });
});

describe('telemetry', () => {
  it('is handed on as it came, with who sent it', async () => {
    await aDevice('sensor');
    const { generationId } = hub.core.getIdentity({ deviceId: 'sensor' });
    hub.core.acceptTelemetry(
      { deviceId: 'sensor' },
      Buffer.from('{}'),
      { contentType: 'application/json' },
      { level: 'low' },
    );
    expect(messages).toEqual([
      {
        source: 'deviceMessages',
        deviceId: 'sensor',
        body: Buffer.from('{}'),
        contentType: 'application/json',
        applicationProperties: { level: 'low' },
        annotations: {
          'iothub-connection-device-id': 'sensor',
          'iothub-connection-auth-method':
            '{"scope":"device","type":"sas","issuer":"iothub","acceptingIpFilterRule":null}',
          'iothub-connection-auth-generation-id': generationId,
          'iothub-enqueuedtime': expect.any(Number) as unknown,
          'iothub-message-source': 'Telemetry',
        },
      },
    ]);
    expect(hub.core.getIdentity({ deviceId: 'sensor' }).lastActivityTime).not.toContain('0001-');
  });
});

it('stops telling a listener that unsubscribed', async () => {
  const heard: string[] = [];
  const unsubscribe = hub.core.onMessage(({ deviceId }) => heard.push(deviceId));
  await hub.registry.create({ deviceId: 'first' });
  unsubscribe();
  await hub.registry.create({ deviceId: 'second' });
  expect(heard).toEqual(['first']);
});
