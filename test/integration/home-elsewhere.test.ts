import { Client, type Twin } from 'azure-iot-device';
import { Mqtt } from 'azure-iot-device-mqtt';
import { describe, expect, it, vi } from 'vitest';
import type { HubRole, Lab } from '../../lab/contracts.js';
import type { JsonObject } from '../../src/hub-model.js';
import { boundInMs, startRig } from './support/rig.js';
import { syncNow } from './support/sync-now.js';

const deviceId = 'mover';
const key = { deviceId };

const connect = async (lab: Lab, role: HubRole): Promise<Client> => {
  const hub = lab.hub(role);
  const { primaryKey } = hub.getIdentity(key).authentication.symmetricKey;
  const client = Client.fromConnectionString(
    `HostName=${hub.hostName};DeviceId=${deviceId};SharedAccessKey=${primaryKey ?? ''}`,
    Mqtt,
  );
  await client.open();
  return client;
};

const report = async (client: Client, patch: JsonObject): Promise<void> => {
  const twin: Twin = await client.getTwin();
  await new Promise<void>((resolve, reject) => {
    twin.properties.reported['update'](patch, (error: Error | undefined) => (error ? reject(error) : resolve()));
  });
};
const leave = async (client: Client): Promise<void> => {
  client.removeAllListeners();
  await client.close();
};

describe('a device that lives on the standby', () => {
  it('is neither cut nor overwritten by any repair, is told in health, and is decided on by fact when it has left', async () => {
    await using rig = await startRig();
    const { lab } = rig;
    const [primary, secondary] = [lab.hub('primary'), lab.hub('secondary')];
    primary.createIdentity(key, {});
    const atHome = await connect(lab, 'primary');
    await report(atHome, { firmware: 1, old: true });
    await rig.untilEqual();
    expect(secondary.getTwin(key).reported).toMatchObject({ firmware: 1, old: true });
    await leave(atHome);

    // By hand, by DPS or for a drill, and within the time that our own connection stays open.
    const moved = await connect(lab, 'secondary');
    const lost = vi.fn<() => void>();
    moved.on('disconnect', lost);
    await report(moved, { firmware: 2, drill: { step: 3 } });
    const there = () => secondary.getTwin(key).reported;
    const isKept = () => expect(there()).toMatchObject({ firmware: 2, old: true, drill: { step: 3 } });

    // A call.
    expect(await syncNow(rig.host, deviceId)).toMatchObject({ device: { kind: 'queued', reason: 'homeElsewhere' } });
    // A replayed change of reported, the dirty mark that it leaves, and the queue's repairs of both.
    primary.patchReported(key, { stale: true });
    primary.patchTwin(key, { tags: { n: 1 }, desired: { n: 1 } });
    await vi.waitFor(() => expect(secondary.getTwin(key)).toMatchObject({ tags: { n: 1 } }), { timeout: boundInMs });
    await vi.waitFor(
      async () => {
        const { dirty, skipped } = await rig.health();
        expect(dirty).toBe(1);
        expect(skipped['homeElsewhere']).toBeGreaterThan(3);
      },
      { timeout: boundInMs },
    );
    isKept();
    expect(there()).not.toHaveProperty('stale');
    expect(lost).not.toHaveBeenCalled();

    // It has left, and is nowhere: what it reported last counts on.
    await report(moved, { drill: { step: 4 } });
    await leave(moved);
    const before = (await rig.health()).skipped['homeElsewhere'] ?? 0;
    await vi.waitFor(async () => expect((await rig.health()).skipped['homeElsewhere']).toBeGreaterThan(before), {
      timeout: boundInMs,
    });
    expect(there()).toMatchObject({ firmware: 2, old: true, drill: { step: 4 } });

    // It is back: the source is right again, but for what only the device can know to be gone.
    const back = await connect(lab, 'primary');
    await report(back, { firmware: 3 });
    await syncNow(rig.host, deviceId);
    await vi.waitFor(() => expect(there()).toMatchObject({ firmware: 3, stale: true, drill: { step: 4 } }), {
      timeout: boundInMs,
    });
    // A repair that is still queued could copy the removal's own state, which removes nothing.
    await vi.waitFor(async () => expect((await rig.health()).dirty).toBe(0), { timeout: boundInMs });
    // An event says that it is gone; a state never does.
    await report(back, { drill: { step: 5 } });
    await report(back, { drill: null });
    await vi.waitFor(() => expect(there()).not.toHaveProperty('drill'), { timeout: boundInMs });
    await vi.waitFor(async () => expect((await rig.health()).dirty).toBe(0), { timeout: boundInMs });
    await leave(back);
  });
});
