import { Client } from 'azure-iot-device';
import { Mqtt } from 'azure-iot-device-mqtt';
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IdentityKey, JsonObject } from '../../lab/contracts.js';
import {
  createDeviceAuthority,
  createSelfSignedCertificate,
  type DeviceAuthority,
  type DeviceCertificate,
} from '../../lab/net/device-certificates.js';
import { clientOf, eventually, noRetry, startMqttHub, type MqttHub } from './support/mqtt-hub.js';

const dayInMs = 86_400_000;

let hub: MqttHub;
let root: DeviceAuthority;
beforeAll(async () => {
  hub = await startMqttHub();
  root = await createDeviceAuthority('root');
  hub.core.addCertificateAuthority(root.caPem);
});
afterAll(() => hub[Symbol.asyncDispose]());

const byAuthority = { authentication: { type: 'certificateAuthority' } };
const byThumbprints = (primaryThumbprint: string, secondaryThumbprint: string | null = null): JsonObject => ({
  authentication: { type: 'selfSigned', x509Thumbprint: { primaryThumbprint, secondaryThumbprint } },
});

/** A client that shows this certificate, by the SDK's own form for X.509 devices. */
async function clientWith({ certPem: cert, keyPem: key }: DeviceCertificate, who: IdentityKey): Promise<Client> {
  const text = `HostName=${hub.core.hostName};DeviceId=${who.deviceId};x509=true`;
  const client = Client.fromConnectionString(text, Mqtt);
  client.setRetryPolicy(noRetry);
  await client.setOptions({ cert, key });
  return client;
}

/** 'connected', or why not as the hub says it. */
async function tryToConnect(certificate: DeviceCertificate, key: IdentityKey): Promise<string> {
  const client = await clientWith(certificate, key);
  const before = hub.log.length;
  try {
    await client.open();
  } catch (error) {
    const said = hub.log.slice(before).map((line) => line.split(': ').slice(1).join(': '));
    return `${(error as Error).name} ${said.join()}`;
  }
  await client.close();
  return 'connected';
}

describe('devices with a thumbprint', () => {
  it('connect by the primary or secondary one, SHA-1 or SHA-256, in any case of letters', async () => {
    const [first, second, other] = await Promise.all(['t1', 't1', 't1'].map((id) => createSelfSignedCertificate(id)));
    const key = { deviceId: 't1' };
    hub.core.createIdentity(key, byThumbprints(first!.thumbprints.sha1.toLowerCase(), second!.thumbprints.sha256));
    expect(await tryToConnect(first!, key)).toBe('connected');
    expect(await tryToConnect(second!, key)).toBe('connected');
    expect(await tryToConnect(other!, key)).toBe('UnauthorizedError refused: IotHubUnauthorized');
  });

  it('read their twin, follow desired and report', async () => {
    const certificate = await createSelfSignedCertificate('t2');
    const key = { deviceId: 't2' };
    hub.core.createIdentity(key, byThumbprints(certificate.thumbprints.sha256));
    const client = await clientWith(certificate, key);
    await client.open();
    await expect.poll(() => hub.core.getIdentity(key).connectionState, eventually).toBe('Connected');
    const twin = await client.getTwin();
    const changed = Promise.withResolvers<JsonObject>();
    twin.on('properties.desired', (patch: JsonObject) => patch['on'] === true && changed.resolve(patch));
    await expect
      .poll(() => {
        hub.core.patchTwin(key, { desired: { on: true } });
        return Promise.race([changed.promise, new Promise((resolve) => setTimeout(resolve, 50))]);
      }, eventually)
      .toMatchObject({ on: true });
    await new Promise<void>((resolve, reject) => {
      twin.properties['reported']['update']({ seen: 1 }, (error?: Error) => (error ? reject(error) : resolve()));
    });
    expect(hub.core.getTwin(key).reported).toMatchObject({ seen: 1 });
    await client.close();
  });

  it('connect whatever else their certificate says', async () => {
    const expired = await createSelfSignedCertificate('someone else', {
      notAfter: new Date(Date.now() - dayInMs / 48),
    });
    hub.core.createIdentity({ deviceId: 't3' }, byThumbprints(expired.thumbprints.sha1));
    expect(await tryToConnect(expired, { deviceId: 't3' })).toBe('connected');
  });

  it('are cut when their thumbprints change, and refused while disabled', async () => {
    const [old, renewed] = await Promise.all([createSelfSignedCertificate('t4'), createSelfSignedCertificate('t4')]);
    const key = { deviceId: 't4' };
    hub.core.createIdentity(key, byThumbprints(old.thumbprints.sha1));
    const client = await clientWith(old, key);
    const gone = new Promise<void>((resolve) => client.on('disconnect', () => resolve()));
    await client.open();
    hub.core.updateIdentity(key, byThumbprints(renewed.thumbprints.sha1), '*');
    await gone;
    expect(await tryToConnect(old, key)).toBe('UnauthorizedError refused: IotHubUnauthorized');
    expect(await tryToConnect(renewed, key)).toBe('connected');
    hub.core.updateIdentity(key, { status: 'disabled', ...byThumbprints(renewed.thumbprints.sha1) }, '*');
    expect(await tryToConnect(renewed, key)).toBe('UnauthorizedError refused: DeviceDisabled');
  });
});

describe('devices of a certificate authority', () => {
  it('connect when a registered authority issued a certificate in their name, straight or through others', async () => {
    const key = { deviceId: 'c1,=+#' };
    hub.core.createIdentity(key, byAuthority);
    const below = await (await root.issueAuthority('plant')).issueAuthority('line');
    expect(await tryToConnect(await root.issue(key.deviceId), key)).toBe('connected');
    expect(await tryToConnect(await below.issue(key.deviceId), key)).toBe('connected');
    const chainless = await below.issue(key.deviceId);
    const own = chainless.certPem.split('-----END CERTIFICATE-----')[0]!;
    const alone = { ...chainless, certPem: `${own}-----END CERTIFICATE-----\n` };
    expect(await tryToConnect(alone, key)).toBe('UnauthorizedError refused: IotHubUnauthorized');
  });

  it('are refused with the name of another, in other letters, out of date, or from a stranger with the same name', async () => {
    const key = { deviceId: 'c2' };
    hub.core.createIdentity(key, byAuthority);
    const stranger = await createDeviceAuthority('root');
    const past = { notBefore: new Date(Date.now() - 2 * dayInMs), notAfter: new Date(Date.now() - dayInMs) };
    const future = { notBefore: new Date(Date.now() + dayInMs) };
    const certificates = await Promise.all([
      root.issue('c1,=+#'),
      root.issue('C2'),
      root.issue('c2', past),
      root.issue('c2', future),
      stranger.issue('c2'),
      createSelfSignedCertificate('c2'),
    ]);
    for (const certificate of certificates)
      expect(await tryToConnect(certificate, key)).toBe('UnauthorizedError refused: IotHubUnauthorized');
    expect(await tryToConnect(await root.issue('c2'), key)).toBe('connected');
  });

  it('need an authority that is one', async () => {
    const { certPem } = await createSelfSignedCertificate('c3');
    expect(() => hub.core.addCertificateAuthority(certPem)).toThrow('Not a certificate of a certificate authority');
    expect(() => hub.core.addCertificateAuthority('nonsense')).toThrow('Not a certificate of a certificate authority');
  });
});

describe('certificates and keys', () => {
  it('do not stand in for each other', async () => {
    const certificate = await createSelfSignedCertificate('k1');
    const key = { deviceId: 'k1' };
    hub.core.createIdentity(key, { deviceId: 'k1' });
    expect(await tryToConnect(certificate, key)).toBe('UnauthorizedError refused: IotHubUnauthorized');
    expect(await tryToConnect(await root.issue('k1'), key)).toBe('UnauthorizedError refused: IotHubUnauthorized');
    const sharedAccessKey = hub.key(key);
    hub.core.updateIdentity(key, byThumbprints(certificate.thumbprints.sha1), '*');
    const withKey = clientOf(hub, key, sharedAccessKey);
    withKey.setRetryPolicy(noRetry);
    await expect(withKey.open()).rejects.toMatchObject({ name: 'UnauthorizedError' });
  });

  it('of modules: thumbprints only', async () => {
    const key = { deviceId: 'k2', moduleId: 'camera' };
    const certificate = await createSelfSignedCertificate('k2');
    const issued = await root.issue('k2');
    const enter =
      ({ certPem }: DeviceCertificate) =>
      () =>
        hub.core.authenticateCertificate(key, [new X509Certificate(certPem)]);
    hub.core.createIdentity({ deviceId: 'k2' }, byAuthority);
    hub.core.createIdentity(key, byThumbprints(certificate.thumbprints.sha256));
    expect(enter(certificate)).not.toThrow();
    expect(enter(issued)).toThrow('Unauthorized');
    hub.core.updateIdentity(key, byAuthority, '*');
    expect(enter(issued)).toThrow('Unauthorized');
  });
});
