import { Message } from 'azure-iot-device';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HubMessage } from '../../lab/contracts.js';
import { connectDevice, startMqttHub, type MqttHub } from './support/mqtt-hub.js';

let hub: MqttHub;
const messages: HubMessage[] = [];
beforeAll(async () => {
  hub = await startMqttHub();
  hub.core.onMessage((message) => messages.push(message));
});
afterAll(() => hub[Symbol.asyncDispose]());
const telemetryOf = (deviceId: string) =>
  messages.filter((message) => message.source === 'deviceMessages' && message.deviceId === deviceId);

describe('telemetry over MQTT', () => {
  it('arrives with its bytes, system properties and application properties', async () => {
    const client = await connectDevice(hub, { deviceId: 'sensor' });
    const message = new Message('{"t":21}');
    message.contentType = 'application/json';
    message.contentEncoding = 'utf-8';
    message.messageId = 'm 1/&=';
    message.correlationId = 'c';
    message.properties.add('level', 'high & low = 50%/ü');
    message.properties.add('empty', '');
    await client.sendEvent(message);
    expect(telemetryOf('sensor')).toMatchObject([
      {
        contentType: 'application/json',
        contentEncoding: 'utf-8',
        correlationId: 'c',
        applicationProperties: { level: 'high & low = 50%/ü', empty: '' },
        annotations: { 'iothub-connection-device-id': 'sensor' },
      },
    ]);
    expect(telemetryOf('sensor')[0]!.body.toString()).toBe('{"t":21}');
    expect(telemetryOf('sensor')[0]!.applicationProperties).not.toHaveProperty('$.mid');
    await client.close();
  });

  it('of a module names the module', async () => {
    const client = await connectDevice(hub, { deviceId: 'gateway', moduleId: 'camera' });
    await client.sendEvent(new Message('x'));
    expect(telemetryOf('gateway')).toMatchObject([{ moduleId: 'camera' }]);
    await client.close();
  });

  it('comes from ids with every character that a topic can carry', async () => {
    for (const deviceId of ["a-b:c.d_e(f)!,=@$'", 'p%23q', 'q?r', '*z', 'Case', 'case']) {
      const client = await connectDevice(hub, { deviceId });
      await client.sendEvent(new Message(deviceId));
      expect(telemetryOf(deviceId).map(({ body }) => body.toString())).toEqual([deviceId]);
      await client.close();
    }
  });

  it('is taken over before it is acknowledged', async () => {
    const client = await connectDevice(hub, { deviceId: 'burst' });
    await Promise.all(Array.from({ length: 200 }, (_, n) => client.sendEvent(new Message(String(n)))));
    expect(telemetryOf('burst').map(({ body }) => Number(body.toString()))).toEqual(
      Array.from({ length: 200 }, (_, n) => n),
    );
    await client.close();
  });
});
