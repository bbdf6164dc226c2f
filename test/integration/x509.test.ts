import { Client } from 'azure-iot-device';
import { Mqtt } from 'azure-iot-device-mqtt';
import { describe, expect, it, vi } from 'vitest';
import type { HubRole, JsonObject, Lab } from '../../lab/contracts.js';
import { differencesOf } from '../../lab/demo/snapshots.js';
import {
  createDeviceAuthority,
  createSelfSignedCertificate,
  type DeviceCertificate,
} from '../../lab/net/device-certificates.js';
import { boundInMs, parkedOf, startRig } from './support/rig.js';

const eventually = { timeout: boundInMs, interval: 50 };

interface ConnectedDevice {
  desired: () => JsonObject;
  report: (patch: JsonObject) => Promise<void>;
  close: () => Promise<unknown>;
}

/** The device as the official SDK plays it, on one of the hubs. */
async function connect(lab: Lab, role: HubRole, deviceId: string, certificate: DeviceCertificate) {
  const text = `HostName=${lab.hub(role).hostName};DeviceId=${deviceId};x509=true`;
  const client = Client.fromConnectionString(text, Mqtt);
  await client.setOptions({ cert: certificate.certPem, key: certificate.keyPem });
  await client.open();
  const twin = await client.getTwin();
  const { desired, reported } = twin.properties as {
    desired: JsonObject;
    reported: { update: (patch: JsonObject, done: (error?: Error) => void) => void };
  };
  // The SDK keeps `desired` up to date only when somebody listens.
  twin.on('properties.desired', () => undefined);
  return {
    desired: () => desired,
    report: (patch) =>
      new Promise((resolve, reject) => reported.update(patch, (error) => (error ? reject(error) : resolve()))),
    close: () => client.close(),
  } satisfies ConnectedDevice;
}

const differing = (lab: Lab, deviceId: string) =>
  differencesOf(lab, deviceId).map(({ kind, field, path }) => `${kind} ${field}${path}`);

describe('devices with X.509 certificates', () => {
  it('are mirrored with both thumbprints, follow desired, and keep their reported properties to themselves', async () => {
    await using rig = await startRig();
    const { lab } = rig;
    const [first, second] = await Promise.all([
      createSelfSignedCertificate('pump'),
      createSelfSignedCertificate('pump'),
    ]);
    const key = { deviceId: 'pump' };
    const x509Thumbprint = {
      primaryThumbprint: first.thumbprints.sha1,
      secondaryThumbprint: second.thumbprints.sha256,
    };
    lab.hub('primary').createIdentity(key, { authentication: { type: 'selfSigned', x509Thumbprint } });
    lab.hub('primary').patchTwin(key, { tags: { site: 'north' }, desired: { rate: 1 } });
    await vi.waitFor(() => expect(differing(lab, 'pump')).toEqual([]), eventually);
    expect(lab.hub('secondary').getIdentity(key).authentication).toEqual({
      type: 'selfSigned',
      symmetricKey: { primaryKey: null, secondaryKey: null },
      x509Thumbprint,
    });

    const onPrimary = await connect(lab, 'primary', 'pump', first);
    await onPrimary.report({ seen: 1 });
    lab.hub('primary').patchTwin(key, { desired: { rate: 2 } });
    await vi.waitFor(() => expect(differing(lab, 'pump')).toEqual(['different reported/seen']), eventually);
    const counted = async () => (await rig.health()).skipped['notWritable'] ?? 0;
    // A report from just after the copy was made is brought up by state; a later one is a change of its own, which nobody can write.
    await vi.waitFor(async () => {
      await onPrimary.report({ seen: Date.now() });
      expect(await counted()).toBeGreaterThan(0);
    }, eventually);
    await onPrimary.close();

    // The copy is good for the device's own certificate, and for the other one.
    for (const certificate of [first, second]) {
      const onSecondary = await connect(lab, 'secondary', 'pump', certificate);
      expect(onSecondary.desired()).toMatchObject({ rate: 2 });
      await onSecondary.close();
    }
    await vi.waitFor(async () => {
      const report = await rig.health();
      expect([report.dirty, report.retryQueue, report.poison, parkedOf(report)]).toEqual([0, 0, 0, 0]);
    }, eventually);
    expect(differing(lab, 'pump')).toEqual(['different reported/seen']);
  });

  it('of a certificate authority are mirrored as such, and connect to whichever hub knows the authority', async () => {
    await using rig = await startRig();
    const { lab } = rig;
    const authority = await createDeviceAuthority('plant');
    for (const role of ['primary', 'secondary'] as const) lab.hub(role).addCertificateAuthority(authority.caPem);
    const certificate = await authority.issue('valve');
    lab.hub('primary').createIdentity({ deviceId: 'valve' }, { authentication: { type: 'certificateAuthority' } });
    lab.hub('primary').patchTwin({ deviceId: 'valve' }, { desired: { open: true } });
    await vi.waitFor(() => expect(differing(lab, 'valve')).toEqual([]), eventually);
    expect(lab.hub('secondary').getIdentity({ deviceId: 'valve' }).authentication.type).toBe('certificateAuthority');
    const device = await connect(lab, 'secondary', 'valve', certificate);
    expect(device.desired()).toMatchObject({ open: true });
    await device.close();
    await rig.untilEqual();
  });
});
