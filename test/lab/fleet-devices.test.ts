import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { HubMessage, IdentityKey } from '../../lab/contracts.js';
import { createFleet, type Fleet, type FleetOptions } from '../../lab/fleet/fleet.js';
import { ensureIdentity, startMqttHub, type MqttHub, eventually } from './support/mqtt-hub.js';

let hub: MqttHub;
let fleet: Fleet | undefined;
beforeAll(async () => {
  hub = await startMqttHub();
});
afterEach(() => fleet?.close());
afterAll(() => hub[Symbol.asyncDispose]());

function fleetOf(keys: IdentityKey[], options: Partial<FleetOptions> = {}): Fleet {
  for (const key of keys) ensureIdentity(hub, key);
  const identities = keys.map((key) => ({ ...key, primaryKey: hub.key(key) }));
  fleet = createFleet({ hostName: hub.core.hostName, identities, ...options });
  return fleet;
}
const devices = (count: number, prefix: string): IdentityKey[] =>
  Array.from({ length: count }, (_, n) => ({ deviceId: `${prefix}-${n}` }));

describe('a fleet of simulated devices', () => {
  it('connects, sends telemetry and reports until it is told to be quiet', async () => {
    const keys = [...devices(19, 'busy'), { deviceId: 'busy-0', moduleId: 'm' }];
    const telemetry: HubMessage[] = [];
    const stop = hub.core.onMessage((message) => {
      if (message.source === 'deviceMessages') telemetry.push(message);
    });
    const busy = fleetOf(keys);
    await busy.connect();
    expect(busy.counts()).toMatchObject({ identities: 20, connected: 20, failures: {} });
    busy.start({ telemetryIntervalInMs: 20, reportIntervalInMs: 30 });
    await expect.poll(() => new Set(telemetry.map((m) => `${m.deviceId}/${m.moduleId}`)).size, eventually).toBe(20);
    await expect.poll(() => keys.every((key) => 'battery' in hub.core.getTwin(key).reported), eventually).toBe(true);
    await busy.quiet();
    const { telemetry: sent, reported } = busy.counts();
    expect(telemetry).toHaveLength(sent);
    const versions = keys.map((key) => Number(hub.core.getTwin(key).reported['$version']) - 1);
    expect(versions.reduce((sum, n) => sum + n, 0)).toBe(reported);
    expect(hub.core.getIdentity(keys[19]!).connectionState).toBe('Connected');
    stop();
  });

  it('receives desired patches and counts them', async () => {
    const keys = devices(3, 'told');
    const told = fleetOf(keys);
    await told.connect();
    for (const key of keys) {
      // The subscription follows the connection: ask again until it is there.
      await expect
        .poll(() => {
          hub.core.patchTwin(key, { desired: { for: key.deviceId } });
          return told.lastDesired(key)?.['for'];
        }, eventually)
        .toBe(key.deviceId);
    }
    expect(told.counts().desired).toBeGreaterThanOrEqual(3);
  });

  it('reports what it is asked to, and says what the hub refuses', async () => {
    const key = { deviceId: 'asked' };
    const asked = fleetOf([key]);
    await asked.connect();
    await asked.report(key, { state: 'ok' });
    expect(hub.core.getTwin(key).reported).toMatchObject({ state: 'ok' });
    hub.statuses.push(503);
    await expect(asked.report(key, { state: 'lost' })).rejects.toMatchObject({
      code: 'reportFailed',
      retryable: false,
    });
    await expect(asked.report({ deviceId: 'stranger' }, {})).rejects.toMatchObject({ code: 'unknownDevice' });
    expect(asked.counts()).toMatchObject({ reported: 1 });
  });

  it('does not wait for ever for a twin answer that was lost', async () => {
    const key = { deviceId: 'waiting' };
    const waiting = fleetOf([key], { timeoutInMs: 500 });
    await waiting.connect();
    let open!: () => void;
    hub.gate.wait = () => new Promise((resolve) => (open = resolve));
    await expect(waiting.report(key, { a: 1 })).rejects.toMatchObject({ code: 'twinTimeout', retryable: true });
    open();
    hub.gate.wait = () => Promise.resolve();
    await waiting.report(key, { a: 2 });
    expect(hub.core.getTwin(key).reported).toMatchObject({ a: 2 });
  });

  it('tries to connect again, counts the failures, and names a device that never can', async () => {
    hub.statuses.push(503, 503);
    const keys = devices(2, 'retried');
    const retried = fleetOf(keys, { timeoutInMs: 2_000, connectConcurrency: 1 });
    await retried.connect();
    expect(retried.counts().connected).toBe(2);
    await retried.close();

    hub.core.updateIdentity(keys[1]!, { deviceId: 'retried-1', status: 'disabled' }, '*');
    const failing = fleetOf(keys, { connectRetries: 1 });
    await expect(failing.connect()).rejects.toMatchObject({
      code: 'connectFailed',
      message: expect.stringMatching(/retried-1/),
    });
    expect(failing.counts().failures).toEqual({ connectFailed: 2 });
  });

  it('survives an outage of the hub', async () => {
    const keys = devices(5, 'outage');
    const steady = fleetOf(keys);
    await steady.connect();
    steady.start({ telemetryIntervalInMs: 20 });
    await expect.poll(() => steady.counts().telemetry, eventually).toBeGreaterThan(10);
    await hub.listener.stop();
    await hub.listener.resume();
    const before = steady.counts().telemetry;
    await expect.poll(() => steady.counts().telemetry, eventually).toBeGreaterThan(before + 20);
    await steady.quiet();
    await steady.close();
    await expect
      .poll(() => keys.map((key) => hub.core.getIdentity(key).connectionState), eventually)
      .not.toContain('Connected');
  });

  it('of 500 connects in bounded time', async () => {
    const many = fleetOf(devices(500, 'many'));
    await many.connect();
    expect(many.counts()).toMatchObject({ connected: 500, failures: {} });
    await many.close();
  });
});
