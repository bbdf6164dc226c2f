import { once } from 'node:events';
import { Message } from 'azure-iot-device';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IdentityKey } from '../../lab/contracts.js';
import {
  clientOf,
  connectDevice,
  ensureIdentity,
  noRetry,
  startMqttHub,
  type MqttHub,
  eventually,
} from './support/mqtt-hub.js';

let hub: MqttHub;
beforeAll(async () => {
  hub = await startMqttHub();
});
afterAll(() => hub[Symbol.asyncDispose]());

const stateOf = (key: IdentityKey) => hub.core.getIdentity(key).connectionState;
const setStatus = (deviceId: string, status: string) =>
  hub.core.updateIdentity({ deviceId }, { deviceId, status }, '*');

describe('device connections over MQTT', () => {
  it('are shown in the registry', async () => {
    const key = { deviceId: 'shown', moduleId: 'm' };
    ensureIdentity(hub, key);
    expect(stateOf(key)).toBe('Disconnected');
    const client = await connectDevice(hub, key);
    await expect.poll(() => stateOf(key), eventually).toBe('Connected');
    expect(stateOf({ deviceId: 'shown' })).toBe('Disconnected');
    await client.close();
    await expect.poll(() => stateOf(key), eventually).toBe('Disconnected');
  });

  it('are one per identity: the second ends the first', async () => {
    const first = await connectDevice(hub, { deviceId: 'twice' });
    const gone = once(first, 'disconnect');
    const second = await connectDevice(hub, { deviceId: 'twice' });
    await gone;
    await second.sendEvent(new Message('still here'));
    expect(stateOf({ deviceId: 'twice' })).toBe('Connected');
    const goneToo = once(second, 'disconnect');
    const third = await connectDevice(hub, { deviceId: 'twice' });
    await goneToo;
    await third.close();
  });

  it('of ids that differ by case only, or of a device and its module, do not touch each other', async () => {
    const keys = [{ deviceId: 'pair' }, { deviceId: 'PAIR' }, { deviceId: 'pair', moduleId: 'm' }];
    const clients = [];
    for (const key of keys) clients.push(await connectDevice(hub, key));
    for (const client of clients) await client.sendEvent(new Message('x'));
    expect(keys.map(stateOf)).toEqual(['Connected', 'Connected', 'Connected']);
    for (const client of clients) await client.close();
  });

  it('are refused with a wrong key, for an unknown device and for a disabled one', async () => {
    ensureIdentity(hub, { deviceId: 'refused', moduleId: 'm' });
    const wrong = Buffer.from('wrong').toString('base64');
    const right = hub.key({ deviceId: 'refused' });
    const moduleKey = hub.key({ deviceId: 'refused', moduleId: 'm' });
    const attempt = (key: IdentityKey, sharedAccessKey: string) => clientOf(hub, key, sharedAccessKey).open();
    await expect(attempt({ deviceId: 'refused' }, wrong)).rejects.toThrow(/Not authorized/);
    await expect(attempt({ deviceId: 'refused' }, moduleKey)).rejects.toThrow(/Not authorized/);
    await expect(attempt({ deviceId: 'nobody' }, right)).rejects.toThrow(/Not authorized/);
    setStatus('refused', 'disabled');
    await expect(attempt({ deviceId: 'refused' }, right)).rejects.toThrow(/Not authorized/);
    await expect(attempt({ deviceId: 'refused', moduleId: 'm' }, moduleKey)).rejects.toThrow(/Not authorized/);
    expect(hub.log.join('\n')).not.toContain(right);
    expect(hub.log.filter((line) => line.includes('refused: '))).toHaveLength(5);
  });

  it('are cut when the device is disabled, deleted, or gets another key', async () => {
    const disabled = await connectDevice(hub, { deviceId: 'disabled' });
    const modules = await connectDevice(hub, { deviceId: 'disabled', moduleId: 'm' });
    const deleted = await connectDevice(hub, { deviceId: 'deleted' });
    const rekeyed = await connectDevice(hub, { deviceId: 'rekeyed' });
    const bystander = await connectDevice(hub, { deviceId: 'bystander' });
    const ended = [disabled, modules, deleted, rekeyed].map((client) => once(client, 'disconnect'));
    setStatus('disabled', 'disabled');
    hub.core.deleteIdentity({ deviceId: 'deleted' }, '*');
    const oldKey = hub.key({ deviceId: 'rekeyed' });
    const newKey = Buffer.from('0123456789abcdef').toString('base64');
    hub.core.updateIdentity(
      { deviceId: 'rekeyed' },
      {
        deviceId: 'rekeyed',
        status: 'enabled',
        authentication: { type: 'sas', symmetricKey: { primaryKey: newKey, secondaryKey: newKey } },
      },
      '*',
    );
    await Promise.all(ended);
    await bystander.sendEvent(new Message('x'));
    expect(stateOf({ deviceId: 'bystander' })).toBe('Connected');
    await expect(clientOf(hub, { deviceId: 'rekeyed' }, oldKey).open()).rejects.toThrow(/Not authorized/);
    await bystander.close();
  });

  it('are asked to come back later while the hub is unavailable', async () => {
    ensureIdentity(hub, { deviceId: 'later' });
    const client = clientOf(hub, { deviceId: 'later' });
    client.setRetryPolicy(noRetry);
    hub.statuses.push(503);
    await expect(client.open()).rejects.toThrow(/Server unavailable/);
    await client.open();
    await client.close();
  });

  it('come back after an outage of the port, with their subscriptions', async () => {
    const key = { deviceId: 'returning' };
    ensureIdentity(hub, key);
    const client = clientOf(hub, key);
    await client.open();
    const twin = await client.getTwin();
    let seen: unknown;
    twin.on('properties.desired', (patch: Record<string, unknown>) => (seen = patch['round'] ?? seen));
    await hub.listener.stop();
    await expect.poll(() => stateOf(key), eventually).toBe('Disconnected');
    await hub.listener.resume();
    await client.sendEvent(new Message('back'));
    await expect.poll(() => stateOf(key), eventually).toBe('Connected');
    await expect
      .poll(() => {
        hub.core.patchTwin(key, { desired: { round: 2 } });
        return seen;
      }, eventually)
      .toBe(2);
    await client.close();
  });

  it('that gave up while they waited do not end the next one', async () => {
    const key = { deviceId: 'impatient' };
    ensureIdentity(hub, key);
    const released: (() => void)[] = [];
    hub.gate.wait = () => new Promise((resolve) => released.push(resolve));
    const first = clientOf(hub, key)
      .open()
      .then(() => 'opened', String);
    await expect.poll(() => released.length, eventually).toBe(1);
    await hub.listener.stop();
    expect(await first).toMatch(/Failure on first connection/);
    await hub.listener.resume();
    hub.gate.wait = () => Promise.resolve();

    const second = await connectDevice(hub, key);
    let ended = false;
    second.on('disconnect', () => (ended = true));
    released[0]!();
    await second.sendEvent(new Message('x'));
    await second.sendEvent(new Message('a round trip later'));
    expect(ended).toBe(false);
    expect(stateOf(key)).toBe('Connected');
    await second.close();
    await expect.poll(() => stateOf(key), eventually).toBe('Disconnected');
  });
});
