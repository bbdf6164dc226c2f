import type { Twin } from 'azure-iot-device';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../lab/contracts.js';
import { connectDevice, startMqttHub, type MqttHub, eventually } from './support/mqtt-hub.js';

let hub: MqttHub;
beforeAll(async () => {
  hub = await startMqttHub();
});
afterAll(() => hub[Symbol.asyncDispose]());

const report = (twin: Twin, patch: JsonObject): Promise<void> =>
  new Promise((resolve, reject) => {
    const reported = twin.properties.reported as { update(patch: JsonObject, done: (error?: Error) => void): void };
    reported.update(patch, (error) => (error ? reject(error) : resolve()));
  });

describe('twins over MQTT', () => {
  it('show desired and reported with their versions, but neither tags nor metadata', async () => {
    const client = await connectDevice(hub, { deviceId: 'reader' });
    hub.core.patchTwin({ deviceId: 'reader' }, { tags: { site: 'x' }, desired: { interval: 5 } });
    const twin = await client.getTwin();
    expect(twin.properties.desired).toEqual({ interval: 5, $version: 2 });
    expect(twin.properties.reported).toMatchObject({ $version: 1 });
    expect(twin.properties.reported).not.toHaveProperty('$metadata');
    await client.close();
  });

  it('take reported patches, where null removes', async () => {
    const client = await connectDevice(hub, { deviceId: 'writer' });
    const twin = await client.getTwin();
    await report(twin, { firmware: { version: '1', slot: 'a' } });
    await report(twin, { firmware: { slot: null }, up: true });
    expect(hub.core.getTwin({ deviceId: 'writer' }).reported).toMatchObject({
      firmware: { version: '1' },
      up: true,
      $version: 3,
    });
    expect(hub.core.getTwin({ deviceId: 'writer' }).reported['firmware']).not.toHaveProperty('slot');
    await client.close();
  });

  it('refuse a patch that breaks the rules, and the connection stays', async () => {
    const client = await connectDevice(hub, { deviceId: 'refused' });
    const twin = await client.getTwin();
    const deep = 'abcdefghijkl'.split('').reduceRight<JsonObject>((inner, name) => ({ [name]: inner }), {});
    await expect(report(twin, deep)).rejects.toThrow(/depth/i);
    await report(twin, { fine: 1 });
    expect(hub.core.getTwin({ deviceId: 'refused' }).reported).toMatchObject({ fine: 1, $version: 2 });
    await client.close();
  });

  it('push desired patches to a device that listens, and to no other', async () => {
    const listening = await connectDevice(hub, { deviceId: 'listening' });
    const deaf = await connectDevice(hub, { deviceId: 'deaf' });
    const deafTwin = await deaf.getTwin();
    const twin = await listening.getTwin();
    const patches: JsonObject[] = [];
    const first = new Promise<void>((resolve) => {
      twin.on('properties.desired', (patch: JsonObject) => {
        patches.push(patch);
        if (patch['rate'] === 2) resolve();
      });
    });
    // The SDK calls back with the current state once it is subscribed.
    await expect.poll(() => patches.length, eventually).toBe(1);
    hub.core.patchTwin({ deviceId: 'deaf' }, { desired: { rate: 9 } });
    hub.core.patchTwin({ deviceId: 'listening' }, { desired: { rate: 1 } });
    hub.core.patchTwin({ deviceId: 'listening' }, { desired: { rate: 2, gone: null } });
    await first;
    expect(patches.slice(1)).toMatchObject([
      { rate: 1, $version: 2 },
      { rate: 2, $version: 3 },
    ]);
    // A round trip later nothing has come to the device that does not listen.
    await report(deafTwin, { x: 1 });
    expect(deafTwin.properties.desired).not.toHaveProperty('rate');
    await listening.close();
    await deaf.close();
  });

  it('of modules and of ids that no telemetry topic could carry', async () => {
    for (const key of [{ deviceId: 'gate', moduleId: 'm#1' }, { deviceId: 'a#b+c?d%25' }]) {
      const client = await connectDevice(hub, key);
      hub.core.patchTwin(key, { desired: { for: key.deviceId } });
      const twin = await client.getTwin();
      expect(twin.properties.desired).toMatchObject({ for: key.deviceId });
      await report(twin, { by: key.deviceId });
      expect(hub.core.getTwin(key).reported).toMatchObject({ by: key.deviceId });
      await client.close();
    }
    expect(hub.core.getTwin({ deviceId: 'gate' }).reported).not.toHaveProperty('by');
  });

  it('answer a fault with its status as the service words it', async () => {
    const client = await connectDevice(hub, { deviceId: 'faulty' });
    const twin = await client.getTwin();
    hub.statuses.push(429);
    await expect(report(twin, { a: 1 })).rejects.toThrow(/429/);
    await report(twin, { a: 2 });
    expect(hub.core.getTwin({ deviceId: 'faulty' }).reported).toMatchObject({ a: 2, $version: 2 });
    await client.close();
  });
});
