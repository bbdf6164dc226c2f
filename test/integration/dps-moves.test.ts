import { Client } from 'azure-iot-device';
import { Mqtt } from 'azure-iot-device-mqtt';
import { Registry } from 'azure-iothub';
import { describe, expect, it, vi } from 'vitest';
import type { Lab } from '../../lab/contracts.js';
import { boundInMs, startRig } from './support/rig.js';
import { syncNow } from './support/sync-now.js';

const deviceId = 'mover';
const key = { deviceId };

/** As the provisioning service does: the identity and the twin on the other hub, whatever is there. */
const moveByDps = async (lab: Lab): Promise<void> => {
  const registry = Registry.fromConnectionString(lab.hub('secondary').connectionString);
  const { authentication } = lab.hub('primary').getIdentity(key);
  await registry.update({ deviceId, status: 'enabled', authentication: { ...authentication } });
  await registry.updateTwin(deviceId, { tags: { by: 'dps' } }, '*');
};

const connect = async (lab: Lab): Promise<Client> => {
  const { hostName } = lab.hub('secondary');
  const { primaryKey } = lab.hub('primary').getIdentity(key).authentication.symmetricKey;
  const client = Client.fromConnectionString(
    `HostName=${hostName};DeviceId=${deviceId};SharedAccessKey=${primaryKey ?? ''}`,
    Mqtt,
  );
  await client.open();
  return client;
};

describe('a device that DPS moves to the standby', () => {
  it('stays enabled and connected there, and health tells of it, whichever hub is written first', async () => {
    await using rig = await startRig({ settings: { DELETE_GRACE_SECONDS: '2' } });
    const { lab } = rig;
    const [primary, secondary] = [lab.hub('primary'), lab.hub('secondary')];
    primary.createIdentity(key, {});
    await rig.untilEqual();

    await moveByDps(lab);
    expect(await syncNow(rig.host, deviceId)).toMatchObject({ device: { kind: 'done' } });
    await moveByDps(lab);
    const client = await connect(lab);
    const lost = vi.fn<() => void>();
    client.on('disconnect', lost);
    primary.deleteIdentity(key, '*');
    await vi.waitFor(async () => expect((await rig.health()).kept?.counts).toEqual({ dpsMove: 1 }), {
      timeout: boundInMs,
    });
    // Longer than the grace.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(secondary.getIdentity(key).status).toBe('enabled');
    expect(secondary.getTwin(key).tags).toEqual({ by: 'dps' });
    expect(lost).not.toHaveBeenCalled();
    const { kept, dirty, skipped } = await rig.health();
    expect(kept?.first).toMatchObject([{ source: 'primary', deviceId, reason: 'dpsMove' }]);
    expect([dirty, skipped['dpsMove']]).toEqual([0, expect.any(Number)]);
    expect(await syncNow(rig.host, deviceId)).toMatchObject({ device: { kind: 'nothing', reason: 'dpsMove' } });
    client.removeAllListeners();
    await client.close();

    // The other order: gone on the first hub, and only then written on the other.
    const late = { deviceId: 'late' };
    primary.createIdentity(late, {});
    await vi.waitFor(() => expect(secondary.getIdentity(late).status).toBe('enabled'), { timeout: boundInMs });
    const { authentication } = primary.getIdentity(late);
    primary.deleteIdentity(late, '*');
    await vi.waitFor(() => expect(secondary.getIdentity(late).status).toBe('disabled'), { timeout: boundInMs });
    secondary.updateIdentity(late, { status: 'enabled', authentication }, '*');
    await vi.waitFor(async () => expect((await rig.health()).kept?.counts).toEqual({ dpsMove: 2 }), {
      timeout: boundInMs,
    });
    expect(secondary.getIdentity(late)).toMatchObject({ status: 'enabled', authentication });
  });
});
