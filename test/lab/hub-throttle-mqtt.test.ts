import { Message } from 'azure-iot-device';
import { afterEach, describe, expect, it } from 'vitest';
import type { HubMessage } from '../../lab/contracts.js';
import { createHubLimits, type HubLimitOptions } from '../../lab/hub/limits/hub-limits.js';
import { createFakeClock } from '../unit/limits/fake-clock.js';
import { clientOf, connectDevice, ensureIdentity, noRetry, startMqttHub, type MqttHub } from './support/mqtt-hub.js';

let hub: MqttHub | undefined;
afterEach(() => hub?.[Symbol.asyncDispose]());
/** Of each kind one call passes, then none: time stands still. */
const oneOfEach = (): HubLimitOptions => ({
  tier: 'S1',
  shaping: { burstInSeconds: 0, maxDelayInMs: 0 },
  clock: createFakeClock(),
});
async function aHub(options: HubLimitOptions): Promise<MqttHub> {
  hub = await startMqttHub({ limits: createHubLimits(options) });
  return hub;
}

describe('devices of a throttled hub (S1)', () => {
  it('connect later, and when too many do they are refused as unavailable', async () => {
    const slow = await aHub({ tier: 'S1', shaping: { burstInSeconds: 0.01 } });
    const clients = await Promise.all(Array.from({ length: 20 }, (_, n) => connectDevice(slow, { deviceId: `d${n}` })));
    const { calls, refused, passedUnits } = slow.core.limits.metrics().throttles.connections;
    expect({ calls, refused, passedUnits }).toEqual({ calls: 20, refused: 0, passedUnits: 20 });
    for (const client of clients) await client.close();
    await slow[Symbol.asyncDispose]();

    const full = await aHub(oneOfEach());
    const opened = await Promise.allSettled(
      Array.from({ length: 10 }, async (_, n) => {
        ensureIdentity(full, { deviceId: `d${n}` });
        const client = clientOf(full, { deviceId: `d${n}` });
        client.setRetryPolicy(noRetry);
        await client.open();
        return client;
      }),
    );
    const refusals = opened.filter((result) => result.status === 'rejected').map(({ reason }) => String(reason));
    expect(refusals).toHaveLength(9);
    expect(refusals[0]).toMatch(/Server unavailable/);
    for (const result of opened) if (result.status === 'fulfilled') await result.value.close();
  });

  it('get 429 for a twin, and lose the connection with a message that is too much', async () => {
    const { core } = await aHub(oneOfEach());
    const messages: HubMessage[] = [];
    core.onMessage((message) => messages.push(message));
    const client = await connectDevice(hub!, { deviceId: 'd' });
    // Calls of the service count against the same throttle.
    await core.limits.admit('twinReads');
    await expect(client.getTwin()).rejects.toThrow(/too many requests/);
    const sent = await Promise.allSettled(
      Array.from({ length: 5 }, (_, n) => client.sendEvent(new Message(String(n)))),
    );
    expect(sent.map(({ status }) => status)).toContain('rejected');
    const telemetry = messages.filter(({ source }) => source === 'deviceMessages');
    expect(telemetry.map(({ body }) => body.toString())).toEqual(['0']);
    await client.close();
  });

  it('wait for their turn with messages, in order', async () => {
    const { core } = await aHub({ tier: 'S1', shaping: { burstInSeconds: 0.05 } });
    const bodies: string[] = [];
    core.onMessage(({ source, body }) => {
      if (source === 'deviceMessages') bodies.push(body.toString());
    });
    const client = await connectDevice(hub!, { deviceId: 'd' });
    await Promise.all(Array.from({ length: 30 }, (_, n) => client.sendEvent(new Message(String(n)))));
    expect(bodies).toEqual(Array.from({ length: 30 }, (_, n) => String(n)));
    expect(core.limits.metrics().throttles.d2c).toMatchObject({ calls: 30, refused: 0 });
    expect(core.limits.metrics().throttles.d2c.delayed).toBeGreaterThan(0);
    await client.close();
  });
});
