import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SharedAccessSignature } from 'azure-iot-device';
import type { HubMessage } from '../../lab/contracts.js';
import { ensureIdentity, startMqttHub, type MqttHub, eventually } from './support/mqtt-hub.js';
import { openRawClient, type RawClient } from './support/mqtt-raw-client.js';

// MQTT 3.1.1, 3.4: for the packet identifier 2.
const PUBACK = Buffer.from([0x40, 2, 0, 2]);

let hub: MqttHub;
const messages: HubMessage[] = [];
beforeAll(async () => {
  hub = await startMqttHub();
  ensureIdentity(hub, { deviceId: 'raw' });
  ensureIdentity(hub, { deviceId: 'other' });
  hub.core.onMessage((message) => {
    if (message.source === 'deviceMessages') messages.push(message);
  });
});
afterAll(() => hub[Symbol.asyncDispose]());

const token = () => {
  const { hostName } = hub.core;
  const expiry = Math.floor(Date.now() / 1000) + 600;
  return SharedAccessSignature.create(hostName, 'raw', hub.key({ deviceId: 'raw' }), expiry).toString();
};
const username = (deviceId: string, host = hub.core.hostName) => `${host}/${deviceId}/?api-version=2021-04-12`;

async function connected(will?: { topic: string; payload: string }): Promise<RawClient> {
  const client = await openRawClient(hub.core.hostName);
  const connack = await client.connect('raw', username('raw'), token(), will);
  expect([...connack]).toEqual([0x20, 2, 0, 0]);
  return client;
}

describe('the MQTT dialect of IoT Hub', () => {
  it('takes host names in any case, but only the identity that the client id names', async () => {
    const connack = async (clientId: string, user: string) =>
      (await (await openRawClient(hub.core.hostName)).connect(clientId, user, token()))[3];
    expect(await connack('raw', username('raw', hub.core.hostName.toUpperCase()))).toBe(0);
    expect(await connack('raw', username('other'))).toBe(5);
    expect(await connack('other', username('other'))).toBe(5);
    expect(await connack('raw', username('raw', 'x.azure-devices.net'))).toBe(5);
    expect(await connack('raw', username('rawer'))).toBe(5);
    expect(await connack('', username(''))).toBe(5);
  });

  it('acknowledges what it takes, with or without properties', async () => {
    const client = await connected();
    expect(await client.publish('devices/raw/messages/events', 'bare')).toEqual(PUBACK);
    expect(await client.publish('devices/raw/messages/events/$.ct=text%2Fplain&n=1/', 'bag')).toEqual(PUBACK);
    expect(messages.at(-1)).toMatchObject({ contentType: 'text/plain', applicationProperties: { n: '1' } });
  });

  it('closes the connection on topics of others, on QoS 2 and on properties that cannot be decoded', async () => {
    const before = messages.length;
    const publish = async (topic: string, qos: number) => (await connected()).publish(topic, 'x', { qos });
    expect(await publish('devices/other/messages/events/', 1)).toBe('closed');
    expect(await publish('devices/rawer/messages/events/', 1)).toBe('closed');
    expect(await publish('$iothub/twin/res/200/?$rid=1', 1)).toBe('closed');
    expect(await publish('$iothub/twin/PATCH/properties/desired/?$rid=1', 1)).toBe('closed');
    expect(await publish('anything', 0)).toBe('closed');
    expect(await publish('devices/raw/messages/events/', 2)).toBe('closed');
    expect(await publish('devices/raw/messages/events/a=%', 1)).toBe('closed');
    expect(messages).toHaveLength(before);
  });

  it('grants no filter beyond the own traffic', async () => {
    const client = await connected();
    const granted = async (filter: string) => (await client.subscribe(filter)).at(4);
    expect(await granted('$iothub/twin/res/#')).toBe(0);
    expect(await granted('devices/raw/messages/devicebound/#')).toBe(0);
    expect(await granted('#')).toBe(0x80);
    expect(await granted('$iothub/#')).toBe(0x80);
    expect(await granted('devices/other/messages/devicebound/#')).toBe(0x80);
    expect(await granted('devices/+/messages/events/#')).toBe(0x80);
  });

  it('answers twin requests only where the answers were subscribed to', async () => {
    const client = await connected();
    const ask = () => client.publish('$iothub/twin/GET/?$rid=7', ' ');
    const event = () => client.publish('devices/raw/messages/events/', 'x');
    expect(await ask()).toEqual(PUBACK);
    expect(await event()).toEqual(PUBACK);
    await client.subscribe('$iothub/twin/res/#');
    const answers = [await ask(), await client.next()];
    expect(answers).toContainEqual(PUBACK);
    expect(answers.map(String).join()).toContain('$iothub/twin/res/200/?$rid=7');
  });

  it('keeps nothing for later: RETAIN becomes a property', async () => {
    const client = await connected();
    await client.publish('devices/raw/messages/events/', 'kept?', { retain: true });
    expect(messages.at(-1)?.applicationProperties).toEqual({ 'mqtt-retain': 'true' });
  });

  it('publishes a will when the connection breaks', async () => {
    const client = await connected({ topic: 'devices/raw/messages/events/', payload: 'farewell' });
    client.disconnectAbruptly();
    await expect.poll(() => messages.at(-1)?.body.toString(), eventually).toBe('farewell');
    expect(messages.at(-1)?.applicationProperties).toEqual({ 'iothub-MessageType': 'Will' });
  });

  it('gives no acknowledgement while a fault is on', async () => {
    const client = await connected();
    hub.statuses.push(500);
    expect(await client.publish('devices/raw/messages/events/', 'lost')).toBe('closed');
    expect(messages.at(-1)?.body.toString()).not.toBe('lost');
  });

  it('refuses a message of more than 256 KB', async () => {
    const client = await connected();
    expect(await client.publish('devices/raw/messages/events/', 'x'.repeat(256 * 1024 + 1))).toBe('closed');
    const again = await connected();
    expect(await again.publish('devices/raw/messages/events/', 'x'.repeat(256 * 1024))).toEqual(PUBACK);
  });
});
