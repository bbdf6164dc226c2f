import { Client, Message } from 'azure-iot-device';
import { Mqtt } from 'azure-iot-device-mqtt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HubMessage, Lab } from '../../lab/contracts.js';
import { createHubCore } from '../../lab/hub/core/hub-core.js';
import { aLab, readEvents } from './a-lab.js';

const connect = async (lab: Lab, deviceId: string): Promise<Client> => {
  const core = lab.hub('primary');
  const key = core.getIdentity({ deviceId }).authentication.symmetricKey.primaryKey ?? '';
  const client = Client.fromConnectionString(
    `HostName=${core.hostName};DeviceId=${deviceId};SharedAccessKey=${key}`,
    Mqtt,
  );
  await client.open();
  return client;
};

describe('routes beside those of the app', () => {
  it('carry telemetry with its body, properties and annotations, and nothing of the other hub', async () => {
    await using lab = await aLab({ routes: [{ hub: 'primary', source: 'deviceMessages', eventHub: 'telemetry' }] });
    expect(lab.description.eventHubs.names).toEqual(['devicetwin', 'devicetwin-secondary', 'telemetry']);
    for (const hub of ['primary', 'secondary'] as const) lab.addDevices({ hub, count: 1, prefix: 'pump' });
    lab.hub('secondary').acceptTelemetry({ deviceId: 'pump-0001' }, Buffer.from('other'), {}, {});
    const client = await connect(lab, 'pump-0001');
    const message = new Message('{"t":21}');
    message.contentType = 'application/json';
    message.contentEncoding = 'utf-8';
    message.properties.add('level', 'high');
    await client.sendEvent(message);
    await client.close();
    const [event, ...more] = await readEvents(lab, 'telemetry', 1);
    expect(more).toEqual([]);
    expect(event).toMatchObject({ body: { t: 21 }, properties: { level: 'high' }, contentType: 'application/json' });
    expect(event?.systemProperties).toMatchObject({
      'iothub-connection-device-id': 'pump-0001',
      'iothub-message-source': 'Telemetry',
      'iothub-connection-auth-generation-id': expect.stringMatching(/^\d+$/),
    });
  });

  it('carry connection states of the devices that have sent or asked for messages', async () => {
    await using lab = await aLab({
      routes: [{ hub: 'primary', source: 'deviceConnectionStateEvents', eventHub: 'connections' }],
      connectionStateIntervalInMs: 20,
    });
    lab.addDevices({ hub: 'primary', count: 2, prefix: 'pump' });
    const [silent, talking] = [await connect(lab, 'pump-0001'), await connect(lab, 'pump-0002')];
    await talking.sendEvent(new Message('here'));
    const [connected] = await readEvents(lab, 'connections', 1);
    await silent.close();
    await talking.close();
    const events = await readEvents(lab, 'connections', 2);
    expect(events.map(({ properties }) => properties?.['opType'])).toEqual(['deviceConnected', 'deviceDisconnected']);
    expect(connected?.properties).toEqual({
      hubName: lab.hub('primary').name,
      deviceId: 'pump-0002',
      opType: 'deviceConnected',
      operationTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$/),
      'iothub-message-schema': 'deviceConnectionStateNotification',
    });
    expect(connected?.systemProperties).toMatchObject({
      'iothub-connection-device-id': 'pump-0002',
      'iothub-message-source': 'deviceConnectionStateEvents',
    });
    const [first, second] = events.map(({ body }) => body.sequenceNumber as string);
    expect(first).toMatch(/^[0-9A-F]{64}$/);
    expect(second! > first!).toBe(true);
  });
});

describe('the snapshot of connection states', () => {
  const key = { deviceId: 'd1' };
  let core: ReturnType<typeof createHubCore>;
  let told: string[];
  let stop: () => void;
  beforeEach(() => {
    core = createHubCore({ role: 'primary', hostName: 'p-1.azure-devices.net' });
    core.createIdentity(key, { ...key });
    told = [];
    stop = core.onMessage(({ source, applicationProperties }: HubMessage) => {
      if (source === 'deviceConnectionStateEvents') told.push(applicationProperties['opType'] ?? '');
    });
  });
  afterEach(() => stop());

  const snapshot = (): string[] => {
    core.tellConnectionStates();
    return told.splice(0);
  };
  const comeAlive = (): void => {
    core.setConnectionState(key, true);
    core.startReceiving(key);
  };

  it('tells nothing between, and nothing twice', () => {
    comeAlive();
    expect(told).toEqual([]);
    expect(snapshot()).toEqual(['deviceConnected']);
    core.acceptTelemetry(key, Buffer.from('x'), {}, {});
    expect(snapshot()).toEqual([]);
  });

  it('tells the state of now, once for all flips since the last, also when it is the same again', () => {
    comeAlive();
    core.setConnectionState(key, false);
    comeAlive();
    expect(snapshot()).toEqual(['deviceConnected']);
    core.setConnectionState(key, false);
    comeAlive();
    expect(snapshot()).toEqual(['deviceConnected']);
    comeAlive();
    core.setConnectionState(key, false);
    expect(snapshot()).toEqual(['deviceDisconnected']);
  });

  it('tells neither the coming nor the going of a device that was silent', () => {
    core.setConnectionState(key, true);
    expect(snapshot()).toEqual([]);
    core.setConnectionState(key, false);
    expect(snapshot()).toEqual([]);
    core.acceptTelemetry(key, Buffer.from('over HTTPS'), {}, {});
    expect(snapshot()).toEqual([]);
  });

  it('tells nothing of a life that has ended', () => {
    comeAlive();
    core.deleteIdentity(key, '*');
    core.createIdentity(key, { ...key });
    expect(snapshot()).toEqual([]);
    comeAlive();
    expect(snapshot()).toEqual(['deviceConnected']);
  });
});
