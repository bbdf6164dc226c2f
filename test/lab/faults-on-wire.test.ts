import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Fault, Lab } from '../../lab/contracts.js';
import { createFleet } from '../../lab/fleet/fleet.js';
import { aLab, readEvents, registryOf } from './a-lab.js';

let lab: Lab;
beforeAll(async () => {
  lab = await aLab();
  lab.addDevices({ hub: 'secondary', count: 1, prefix: 'pump' });
});
afterAll(() => lab.close());

const withFault = async (fault: Fault, act: () => Promise<void>): Promise<void> => {
  const added = await fetch(`${lab.controlUrl}/lab/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fault),
  });
  const { id } = (await added.json()) as { id: string };
  try {
    await act();
  } finally {
    const removed = await fetch(`${lab.controlUrl}/lab/faults/${id}`, { method: 'DELETE' });
    expect(removed.status).toBe(204);
  }
};
const get = () => registryOf(lab, 'secondary').get('pump-0001');
const works = async (): Promise<void> => {
  expect((await get()).responseBody.deviceId).toBe('pump-0001');
};

it('stop: the port of that plane is closed, and opens again', async () => {
  await withFault({ hub: 'secondary', plane: 'https', kind: 'stop' }, async () => {
    await expect(get()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect((await registryOf(lab, 'primary').list()).responseBody).toEqual([]);
  });
  await works();
});

it('refuse: new connections are cut', async () => {
  await withFault({ hub: 'secondary', plane: 'https', kind: 'refuse' }, () =>
    expect(get()).rejects.toMatchObject({ code: 'ECONNRESET' }),
  );
  await works();
});

it.each([503, 429])('status %d: the service SDK sees it', async (status) => {
  await withFault({ hub: 'secondary', plane: 'https', kind: 'status', status }, () =>
    expect(get()).rejects.toMatchObject({ response: { statusCode: status } }),
  );
  await works();
});

it('delay: each request waits', async () => {
  await withFault({ hub: 'secondary', plane: 'https', kind: 'delay', forMs: 300 }, async () => {
    const start = performance.now();
    await works();
    expect(performance.now() - start).toBeGreaterThanOrEqual(295);
  });
});

it('stop of MQTT: a device cannot connect, and can afterwards', async () => {
  const { symmetricKey } = lab.hub('secondary').getIdentity({ deviceId: 'pump-0001' }).authentication;
  const fleet = createFleet({
    hostName: lab.hub('secondary').hostName,
    identities: [{ deviceId: 'pump-0001', primaryKey: symmetricKey.primaryKey ?? '' }],
    connectRetries: 0,
  });
  await withFault({ hub: 'secondary', plane: 'mqtt', kind: 'stop' }, () =>
    expect(fleet.connect()).rejects.toMatchObject({ code: 'connectFailed' }),
  );
  await fleet.connect();
  expect(fleet.counts().connected).toBe(1);
  await fleet.close();
});

it('stop of the namespace: what the hub routes meanwhile is there afterwards', async () => {
  await withFault({ hub: 'namespace', plane: 'amqp', kind: 'stop' }, async () => {
    await registryOf(lab, 'primary').create({ deviceId: 'meanwhile' });
  });
  const [event] = await readEvents(lab, 'devicetwin', 1);
  expect(event?.properties?.['deviceId']).toBe('meanwhile');
});
