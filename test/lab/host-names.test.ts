import { Registry } from 'azure-iothub';
import { Client, Message } from 'azure-iot-device';
import { Amqp } from 'azure-iot-device-amqp';
import { Mqtt } from 'azure-iot-device-mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HubMessage, Lab } from '../../lab/contracts.js';
import { aLab } from './a-lab.js';
import { refusalOf } from './support/hub-refusals.js';
import { noRetry } from './support/mqtt-hub.js';

const transports = [
  ['MQTT', Mqtt],
  ['AMQP', Amqp],
] as const;

const deviceClient = (lab: Lab, hostName: string, transport: typeof Mqtt | typeof Amqp): Client => {
  const { primaryKey } = lab.hub('primary').getIdentity({ deviceId: 'd' }).authentication.symmetricKey;
  const client = Client.fromConnectionString(
    `HostName=${hostName};DeviceId=d;SharedAccessKey=${primaryKey}`,
    transport,
  );
  client.setRetryPolicy(noRetry);
  return client;
};

const registryBy = (lab: Lab, hostName: string): Registry => {
  const { connectionString, hostName: classic } = lab.hub('primary');
  return Registry.fromConnectionString(connectionString.replace(classic, hostName));
};

describe('the three host names of a hub', () => {
  let lab: Lab;
  const telemetry: HubMessage[] = [];
  beforeAll(async () => {
    lab = await aLab();
    lab.hub('primary').createIdentity({ deviceId: 'd' }, {});
    lab.hub('primary').onMessage((message) => message.source === 'deviceMessages' && telemetry.push(message));
  });
  afterAll(() => lab.close());

  it('are the classic one with another second label', () => {
    const { name, hostName, deviceHostName, serviceHostName } = lab.hub('secondary');
    expect([hostName, deviceHostName, serviceHostName]).toEqual([
      `${name}.azure-devices.net`,
      `${name}.device.azure-devices.net`,
      `${name}.service.azure-devices.net`,
    ]);
  });

  it.each(transports)('serve devices over %s by the classic and by the device name', async (_name, transport) => {
    const { hostName, deviceHostName } = lab.hub('primary');
    for (const name of [hostName, deviceHostName]) {
      telemetry.length = 0;
      const client = deviceClient(lab, name, transport);
      await client.sendEvent(new Message('x'));
      expect(telemetry).toMatchObject([{ deviceId: 'd' }]);
      await client.close();
    }
  });

  it('serve back ends by the classic and by the service name', async () => {
    const { hostName, serviceHostName } = lab.hub('primary');
    for (const name of [hostName, serviceHostName])
      expect((await registryBy(lab, name).get('d')).responseBody).toMatchObject({ deviceId: 'd' });
  });
});

describe('otherHostNamesServeAll', () => {
  it.each([
    [false, ['UnauthorizedError', 'UnauthorizedError'], 400],
    [true, ['connected', 'connected'], 'answered'],
  ])(
    '%s: devices by the service name, and a back end by the device name',
    async (otherHostNamesServeAll, devices, rest) => {
      await using lab = await aLab({ unsettled: { otherHostNamesServeAll } });
      const hub = lab.hub('primary');
      hub.createIdentity({ deviceId: 'd' }, {});
      const outcomes: string[] = [];
      for (const [, transport] of transports) {
        const client = deviceClient(lab, hub.serviceHostName, transport);
        const outcome = await client.open().then(
          () => 'connected',
          (error: Error) => error.name,
        );
        if (outcome === 'connected') await client.close();
        outcomes.push(outcome);
      }
      expect(outcomes).toEqual(devices);
      const registry = registryBy(lab, hub.deviceHostName);
      const answer = otherHostNamesServeAll
        ? await registry.get('d').then(() => 'answered')
        : (await refusalOf(registry.get('d'))).status;
      expect(answer).toBe(rest);
    },
  );
});
