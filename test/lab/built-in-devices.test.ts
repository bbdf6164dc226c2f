import { Client, Message } from 'azure-iot-device';
import { Amqp } from 'azure-iot-device-amqp';
import { Mqtt } from 'azure-iot-device-mqtt';
import iotHub from 'azure-iothub';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { aBuiltInHub, type BuiltInHub } from './support/built-in.js';
import { eventually } from './support/mqtt-hub.js';

const transports = { mqtt: Mqtt, amqp: Amqp };
type Transport = keyof typeof transports;
const all: Transport[] = ['mqtt', 'amqp'];

let hub: BuiltInHub;
let key: string;
let clients: Client[];
beforeEach(async () => {
  hub = await aBuiltInHub();
  key = hub.addDevice({ deviceId: 'd1' });
  clients = [];
});
afterEach(async () => {
  // A client that waits for a hub which never answers does not close either.
  for (const client of clients) client.removeAllListeners();
  await hub[Symbol.asyncDispose]();
});

const noRetry = { shouldRetry: () => false, nextRetryTimeout: () => -1 };
const aClient = (transport: Transport): Client => {
  const connectionString = `HostName=${hub.core.hostName};DeviceId=d1;SharedAccessKey=${key}`;
  const client = Client.fromConnectionString(connectionString, transports[transport]);
  client.setRetryPolicy(noRetry);
  clients.push(client);
  return client;
};
const accepted = (): number => Object.values(hub.builtIn.telemetry.accepted).reduce((sum, count) => sum + count, 0);
const stop = (blackHoled: boolean): void => {
  hub.builtIn.hooks.endpointChanged(hub.second, { consumerGroups: [], offsetsRestart: true });
  hub.builtIn.hooks.forwardingStopped({ blackHoled, rollBackMinutes: 0 });
};
const outcome = async (promise: Promise<unknown>): Promise<{ settled: 'done' | 'failed' | 'not yet' }> => {
  const state: { settled: 'done' | 'failed' | 'not yet' } = { settled: 'not yet' };
  promise.then(
    () => (state.settled = 'done'),
    () => (state.settled = 'failed'),
  );
  return state;
};
const connection = () => hub.core.getIdentity({ deviceId: 'd1' }).connectionState;

describe.each(all)('a device over %s while the hub fails over', (transport) => {
  it('is cut, refused until data flows, and then sends to the new endpoint', async () => {
    const client = aClient(transport);
    await client.open();
    await client.sendEvent(new Message('{"sequence":1}'));
    expect(connection()).toBe('Connected');
    stop(false);
    await expect.poll(connection, eventually).toBe('Disconnected');
    await expect(client.sendEvent(new Message('{"sequence":2}'))).rejects.toBeInstanceOf(Error);
    hub.builtIn.hooks.active();
    await expect(aClient(transport).open()).rejects.toBeInstanceOf(Error);
    hub.builtIn.hooks.dataFlows();
    const after = aClient(transport);
    await after.open();
    await after.sendEvent(new Message('{"sequence":3}'));
    expect(hub.builtIn.telemetry.accepted).toEqual({ [hub.first.hostName]: 1, [hub.second.hostName]: 1 });
    await after.close();
  });

  it('gets no answer instead where the failover leaves devices in a black hole, and nothing of it passes late', async () => {
    const client = aClient(transport);
    await client.open();
    await client.sendEvent(new Message('{"sequence":1}'));
    stop(true);
    const sending = await outcome(client.sendEvent(new Message('{"sequence":2}')));
    const opening = await outcome(aClient(transport).open());
    hub.builtIn.hooks.active();
    // Twice as long as it takes to be refused: the other test fails in far less.
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect([sending.settled, opening.settled, accepted()]).toEqual(['not yet', 'not yet', 1]);
    expect(connection()).toBe('Connected');
    hub.builtIn.hooks.dataFlows();
    await expect.poll(() => sending.settled, eventually).toBe('failed');
    const after = aClient(transport);
    await after.open();
    await after.sendEvent(new Message('{"sequence":3}'));
    expect(accepted()).toBe(2);
    await after.close();
  });
});

describe('the service API while the hub fails over', () => {
  it('says 404012 from the stop of forwarding until the hub is Active', async () => {
    const registry = iotHub.Registry.fromConnectionString(hub.core.connectionString);
    const twin = async (): Promise<unknown> => (await registry.getTwin('d1')).responseBody.deviceId;
    expect(await twin()).toBe('d1');
    stop(false);
    await expect(twin()).rejects.toMatchObject({
      response: expect.objectContaining({
        statusCode: 404,
        headers: expect.objectContaining({ 'iothub-errorcode': 'IotHubFailingOver' }),
      }),
    });
    hub.builtIn.hooks.active();
    expect(await twin()).toBe('d1');
  });
});

describe('faults and the silence of a failover on one door', () => {
  it('are laid over each other: neither ends the other', async () => {
    const { id } = hub.faults.add({ hub: 'primary', plane: 'mqtt', kind: 'blackHole' });
    stop(true);
    hub.builtIn.hooks.active();
    hub.builtIn.hooks.dataFlows();
    const client = aClient('mqtt');
    const opening = await outcome(client.open());
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(opening.settled).toBe('not yet');
    hub.faults.remove(id);
    await vi.waitUntil(() => opening.settled === 'done', { timeout: 20_000 });
    await client.close();
  });
});
