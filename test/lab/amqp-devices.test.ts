import { Client, Message, ModuleClient, type Twin } from 'azure-iot-device';
import { Amqp } from 'azure-iot-device-amqp';
import rhea from 'rhea';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ControllableListener, HubMessage, IdentityKey, JsonObject } from '../../lab/contracts.js';
import { createAmqpDeviceServer } from '../../lab/hub/amqp/server.js';
import { createHubCore } from '../../lab/hub/core/hub-core.js';
import { createLabCertificates } from '../../lab/net/certificates.js';
import { createDeviceAuthority, createSelfSignedCertificate } from '../../lab/net/device-certificates.js';
import { removeHostMapping, setHostMapping } from '../../lab/net/host-map.js';
import { trustInProcess } from '../../lab/net/trust.js';
import { aLab } from './a-lab.js';
import { eventually, noRetry } from './support/mqtt-hub.js';

const hostName = 'p-amqp.azure-devices.net';
const core = createHubCore({ role: 'primary', hostName });
const statuses: number[] = [];
const log: string[] = [];
const messages: HubMessage[] = [];
let listener: ControllableListener;

beforeAll(async () => {
  const certificates = await createLabCertificates();
  trustInProcess(certificates.caPem);
  const faults = {
    before: () => {
      const status = statuses.shift();
      return Promise.resolve(status === undefined ? undefined : { status });
    },
  };
  listener = await createAmqpDeviceServer({ core, faults, certificates, log: (line) => log.push(line) });
  setHostMapping(hostName, 5671, { host: '127.0.0.1', port: listener.port });
  core.onMessage((message) => messages.push(message));
});
afterAll(async () => {
  removeHostMapping(hostName, 5671);
  await listener.close();
});

const keyText = ({ deviceId, moduleId }: IdentityKey): string =>
  `HostName=${hostName};DeviceId=${deviceId}${moduleId === undefined ? '' : `;ModuleId=${moduleId}`}`;

/** The official client with the identity's own key, or another one. */
const clientOf = (key: IdentityKey, sharedAccessKey?: string): Client => {
  const { primaryKey } = core.getIdentity(key).authentication.symmetricKey;
  // Both share the base class which holds everything that these tests use.
  const type = (key.moduleId === undefined ? Client : ModuleClient) as typeof Client;
  const client = type.fromConnectionString(`${keyText(key)};SharedAccessKey=${sharedAccessKey ?? primaryKey}`, Amqp);
  client.setRetryPolicy(noRetry);
  return client;
};
const clientWith = async (deviceId: string, certificate: { certPem: string; keyPem: string }): Promise<Client> => {
  const client = Client.fromConnectionString(`${keyText({ deviceId })};x509=true`, Amqp);
  client.setRetryPolicy(noRetry);
  await client.setOptions({ cert: certificate.certPem, key: certificate.keyPem });
  return client;
};
const connected = async (key: IdentityKey): Promise<Client> => {
  core.createIdentity(key, { ...key });
  const client = clientOf(key);
  await client.open();
  return client;
};
const stateOf = (key: IdentityKey) => core.getIdentity(key).connectionState;
const report = (twin: Twin, patch: JsonObject): Promise<void> =>
  new Promise((resolve, reject) => {
    twin.properties['reported']['update'](patch, (error?: Error) => (error ? reject(error) : resolve()));
  });

describe('devices over AMQP', () => {
  it('connect with a token of their own key, and with no other', async () => {
    const key = { deviceId: 'a1' };
    const client = await connected(key);
    expect(stateOf(key)).toBe('Connected');
    await client.close();
    await expect.poll(() => stateOf(key), eventually).toBe('Disconnected');
    const wrong = clientOf(key, Buffer.alloc(32, 7).toString('base64'));
    await expect(wrong.open()).rejects.toMatchObject({ name: 'UnauthorizedError' });
    core.updateIdentity(key, { ...key, status: 'disabled' }, '*');
    await expect(clientOf(key).open()).rejects.toMatchObject({ name: 'UnauthorizedError' });
  });

  it('send telemetry, a module too, taken over before it is accepted', async () => {
    const client = await connected({ deviceId: 'a2' });
    const module = await connected({ deviceId: 'a2', moduleId: 'camera' });
    const message = new Message('{"t":21}');
    message.messageId = 'm-1';
    message.contentType = 'application/json';
    message.contentEncoding = 'utf-8';
    message.properties.add('level', 'high & low');
    await client.sendEvent(message);
    await module.sendEvent(new Message('x'));
    expect(messages.filter(({ source, deviceId }) => source === 'deviceMessages' && deviceId === 'a2')).toMatchObject([
      {
        body: Buffer.from('{"t":21}'),
        contentType: 'application/json',
        contentEncoding: 'utf-8',
        applicationProperties: { level: 'high & low' },
      },
      { moduleId: 'camera', body: Buffer.from('x') },
    ]);
    await client.close();
    await module.close();
  });

  it('send a number or bytes as message-id, which stay what they are', async () => {
    const key = { deviceId: 'a2-ids' };
    const certificate = await createSelfSignedCertificate(key.deviceId);
    const x509Thumbprint = { primaryThumbprint: certificate.thumbprints.sha256, secondaryThumbprint: null };
    core.createIdentity(key, { authentication: { type: 'selfSigned', x509Thumbprint } });
    // The SDK has no bytes for an id.
    const { certPem: cert, keyPem } = certificate;
    const address = { host: hostName, servername: hostName, port: 5671, transport: 'tls' } as const;
    const connection = rhea.create_container().connect({ ...address, cert, key: keyPem, reconnect: false });
    const sender = connection.open_sender(`/devices/${key.deviceId}/messages/events`);
    await new Promise((resolve) => sender.once('sendable', resolve));
    const bytes = Buffer.from('bytes');
    for (const id of ['text', 7, 2 ** 40, rhea.types.wrap_binary(bytes)] as string[])
      sender.send({ message_id: id, correlation_id: id, body: rhea.message.data_section(Buffer.from('x')) });
    const sent = () => messages.filter(({ source, deviceId }) => source === 'deviceMessages' && deviceId === 'a2-ids');
    await expect.poll(sent, eventually).toHaveLength(4);
    expect(sent().map(({ messageId, correlationId }) => [messageId, correlationId])).toEqual(
      ['text', 7, 2 ** 40, bytes].map((id) => [id, id]),
    );
    expect(sent()[0]?.annotations['iothub-connection-auth-method']).toBe(
      '{"scope":"device","type":"x509Certificate","issuer":"external","acceptingIpFilterRule":null}',
    );
    connection.close();
  });

  it('send a UUID as message-id, which readers get as its 16 bytes; other ids stay text', async () => {
    const client = await connected({ deviceId: 'a2-uuid' });
    const uuid = '0f1e2d3c-4b5a-4697-8879-6a5b4c3d2e1f';
    const bytes = Buffer.from(uuid.replaceAll('-', ''), 'hex');
    for (const id of [uuid, uuid.toUpperCase()]) {
      const message = new Message('x');
      message.messageId = id;
      message.correlationId = id;
      await client.sendEvent(message);
    }
    expect(
      messages
        .filter(({ source, deviceId }) => source === 'deviceMessages' && deviceId === 'a2-uuid')
        .map(({ messageId, correlationId }) => [messageId, correlationId]),
    ).toEqual([
      [bytes, bytes],
      [uuid.toUpperCase(), uuid.toUpperCase()],
    ]);
    await client.close();
  });

  it('read their twin, report, and are told of desired changes', async () => {
    const key = { deviceId: 'a3' };
    const client = await connected(key);
    core.patchTwin(key, { tags: { site: 'x' }, desired: { rate: 1 } });
    const twin = await client.getTwin();
    expect(twin.properties.desired).toEqual({ rate: 1, $version: 2 });
    const told = Promise.withResolvers<JsonObject>();
    twin.on('properties.desired', (patch: JsonObject) => patch['rate'] === 2 && told.resolve(patch));
    await report(twin, { seen: true });
    core.patchTwin(key, { desired: { rate: 2 } });
    expect(await told.promise).toEqual({ rate: 2, $version: 3 });
    expect(core.getTwin(key).reported).toMatchObject({ seen: true, $version: 2 });
    await expect(report(twin, { big: 'x'.repeat(5000) })).rejects.toMatchObject({ amqpError: { name: 'FormatError' } });
    await client.close();
  });

  it('connect with a certificate: thumbprint or authority', async () => {
    const certificate = await createSelfSignedCertificate('a4');
    const authority = await createDeviceAuthority('plant');
    core.addCertificateAuthority(authority.caPem);
    const x509Thumbprint = { primaryThumbprint: certificate.thumbprints.sha256, secondaryThumbprint: null };
    core.createIdentity({ deviceId: 'a4' }, { authentication: { type: 'selfSigned', x509Thumbprint } });
    core.createIdentity({ deviceId: 'a5' }, { authentication: { type: 'certificateAuthority' } });
    for (const [deviceId, own] of [
      ['a4', certificate],
      ['a5', await authority.issue('a5')],
    ] as const) {
      const client = await clientWith(deviceId, own);
      await client.open();
      expect((await client.getTwin()).properties.desired).toEqual({ $version: 1 });
      expect(stateOf({ deviceId })).toBe('Connected');
      await client.close();
    }
    const stranger = await clientWith('a5', certificate);
    await expect(stranger.sendEvent(new Message('x'))).rejects.toMatchObject({ name: 'UnauthorizedError' });
  });

  it('are cut when they are disabled, and by a second connection of the same identity', async () => {
    const key = { deviceId: 'a6' };
    const first = await connected(key);
    const gone = new Promise<void>((resolve) => first.on('disconnect', () => resolve()));
    const second = clientOf(key);
    await second.open();
    await gone;
    expect(stateOf(key)).toBe('Connected');
    const cut = new Promise<void>((resolve) => second.on('disconnect', () => resolve()));
    core.updateIdentity(key, { ...key, status: 'disabled' }, '*');
    await cut;
    await expect.poll(() => stateOf(key), eventually).toBe('Disconnected');
  });

  it('meet faults as refusals of what they asked', async () => {
    const client = await connected({ deviceId: 'a7' });
    await client.sendEvent(new Message('first'));
    statuses.push(429);
    await expect(client.sendEvent(new Message('lost'))).rejects.toMatchObject({ name: 'ThrottlingError' });
    await client.sendEvent(new Message('again'));
    expect(
      messages
        .filter(({ source, deviceId }) => source === 'deviceMessages' && deviceId === 'a7')
        .map(({ body }) => String(body)),
    ).toEqual(['first', 'again']);
    await client.close();
  });
});

describe('a laboratory', () => {
  it('serves devices over AMQP on both hubs, and plays outages of that plane alone', async () => {
    await using lab = await aLab();
    for (const role of ['primary', 'secondary'] as const) {
      const [key = { deviceId: '' }] = lab.addDevices({ hub: role, count: 1, prefix: 'pump' });
      const hub = lab.hub(role);
      const { primaryKey } = hub.getIdentity(key).authentication.symmetricKey;
      const client = Client.fromConnectionString(
        `HostName=${hub.hostName};DeviceId=${key.deviceId};SharedAccessKey=${primaryKey}`,
        Amqp,
      );
      client.setRetryPolicy(noRetry);
      const gone = new Promise<void>((resolve) => client.on('disconnect', () => resolve()));
      await client.open();
      lab.addFault({ hub: role, plane: 'amqp', kind: 'stop' });
      await gone;
      await expect.poll(() => hub.getIdentity(key).connectionState, eventually).toBe('Disconnected');
    }
  });
});
