import { Message, type Twin } from 'azure-iot-device';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { HubMessage, JsonObject, Lab } from '../../lab/contracts.js';
import { createFakeClock } from '../unit/limits/fake-clock.js';
import { aLab, registryOf } from './a-lab.js';
import { refusalOf } from './support/hub-refusals.js';
import { clientOf } from './support/mqtt-hub.js';

const QUOTA = 20;
let lab: Lab;
let day = 1;
const clock = createFakeClock();
beforeAll(async () => {
  lab = await aLab({ dailyMessages: { primary: QUOTA }, limitClock: clock, unsettled: { queriesLagInMs: 0 } });
  lab.hub('primary').createIdentity({ deviceId: 'd' }, {});
});
afterAll(() => lab.close());
beforeEach(() => {
  day += 1;
  clock.setNow(`2026-03-${String(day).padStart(2, '0')}T10:00:00Z`);
});

const quota = () => lab.hub('primary').limits.metrics().quota;
const useUp = () => lab.hub('primary').limits.spendMessages(QUOTA);
const report = (twin: Twin, patch: JsonObject): Promise<void> =>
  new Promise((resolve, reject) => {
    const reported = twin.properties.reported as { update(patch: JsonObject, done: (error?: Error) => void): void };
    reported.update(patch, (error) => (error ? reject(error) : resolve()));
  });

/** A device of the lab's primary hub. */
const aDevice = () => {
  const core = lab.hub('primary');
  const key = core.getIdentity({ deviceId: 'd' }).authentication.symmetricKey.primaryKey ?? '';
  return clientOf({ core } as Parameters<typeof clientOf>[0], { deviceId: 'd' }, key);
};

describe('the daily quota of a hub', () => {
  it('is charged for twins and queries in steps of 4 KB, not for identities', async () => {
    const registry = registryOf(lab, 'primary');
    const chargedFor = async (call: () => Promise<unknown>): Promise<number> => {
      const { used } = quota();
      await call();
      return quota().used - used;
    };
    expect(await chargedFor(() => registry.get('d'))).toBe(0);
    expect(await chargedFor(() => registry.list())).toBe(0);
    expect(await chargedFor(() => registry.addDevices([{ deviceId: 'other' }]))).toBe(0);
    expect(await chargedFor(() => registry.getTwin('d'))).toBe(1);
    const desired = { a: 'x'.repeat(3000), b: 'x'.repeat(3000) };
    expect(await chargedFor(() => registry.updateTwin('d', { properties: { desired } }, '*'))).toBe(2);
    // What is read holds metadata as well.
    expect(await chargedFor(() => registry.getTwin('d'))).toBe(2);
    expect(await chargedFor(() => registry.createQuery('SELECT * FROM devices').nextAsTwin())).toBe(2);
    expect(await chargedFor(() => registry.createQuery('SELECT deviceId FROM devices').next())).toBe(1);
  });

  it('used up, answers the service 403002 until the next day in UTC; identities and the other hub go on', async () => {
    const registry = registryOf(lab, 'primary');
    useUp();
    const before = lab.hub('primary').getTwin({ deviceId: 'd' });
    for (const call of [
      registry.getTwin('d'),
      registry.updateTwin('d', { tags: { late: true } }, '*'),
      registry.createQuery('SELECT * FROM devices').nextAsTwin(),
    ])
      expect(await refusalOf(call)).toMatchObject({ status: 403, errorName: 'IotHubQuotaExceeded' });
    expect(lab.hub('primary').getTwin({ deviceId: 'd' })).toEqual(before);
    await registry.get('d');
    lab.hub('secondary').createIdentity({ deviceId: 'd' }, {});
    await registryOf(lab, 'secondary').getTwin('d');

    clock.setNow(`2026-03-${String(day).padStart(2, '0')}T23:59:59.999Z`);
    await refusalOf(registry.getTwin('d'));
    day += 1;
    clock.setNow(`2026-03-${String(day).padStart(2, '0')}T00:00:00Z`);
    await registry.getTwin('d');
    expect(quota().used).toBe(2);
  });

  it('used up, refuses devices, too', async () => {
    const messages: HubMessage[] = [];
    lab.hub('primary').onMessage((message) => messages.push(message));
    const client = aDevice();
    client.setRetryPolicy({ shouldRetry: () => false, nextRetryTimeout: () => -1 });
    await client.open();
    const twin = await client.getTwin();
    await report(twin, { a: 1 });
    await client.sendEvent(new Message('in time'));
    expect(quota().used).toBe(4);

    useUp();
    await expect(report(twin, { a: 2 })).rejects.toThrow(/quota of messages/);
    await expect(client.sendEvent(new Message('too late'))).rejects.toThrow(/Connection to the server has been closed/);
    expect(lab.hub('primary').getTwin({ deviceId: 'd' }).reported).toMatchObject({ a: 1 });
    const telemetry = messages.filter(({ source }) => source === 'deviceMessages');
    expect(telemetry.map(({ body }) => body.toString())).toEqual(['in time']);
    await client.close();
  });
});
