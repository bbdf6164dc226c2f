import { EventHubProducerClient, type ReceivedEventData } from '@azure/event-hubs';
import { Client, Message } from 'azure-iot-device';
import { Amqp } from 'azure-iot-device-amqp';
import { Mqtt } from 'azure-iot-device-mqtt';
import { types } from 'rhea';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { HubMessage, HubRole } from '../../lab/contracts.js';
import type { StartedNamespace } from '../../lab/event-hubs/namespace.js';
import { createEventHubTarget } from '../../src/azure/relay/event-hub-target.js';
import { systemClock } from '../../src/azure/system-clock.js';
import { createForwardBatch } from '../../src/relay/forward-batch.js';
import { createRelayCounters } from '../../src/relay/relay-counters.js';
import { aLab } from '../lab/a-lab.js';
import { aNamespace, read } from '../lab/support/event-hubs.js';
import { anOrigin } from '../unit/relay/support/events.js';
import { aPark } from '../unit/relay/support/target.js';
import { aLogger } from '../unit/support/fakes.js';

let source: StartedNamespace;
let target: StartedNamespace;
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  source = await aNamespace();
  target = await aNamespace();
});
afterAll(async () => {
  for (const close of closers) await close();
  await source.close();
  await target.close();
});

const aMessage = (deviceId: string, body: Buffer, properties: Record<string, unknown> = {}): HubMessage => ({
  source: 'deviceMessages',
  deviceId,
  body,
  contentType: 'application/json',
  contentEncoding: 'utf-8',
  applicationProperties: { level: 'high', ...properties },
  annotations: {
    'iothub-connection-device-id': deviceId,
    'iothub-enqueuedtime': 1_700_000_000_123,
    'iothub-message-source': 'Telemetry',
  },
});

/** What a reader of the built-in endpoint gets for these bodies. */
const readFromHub = async (
  name: string,
  bodies: readonly Buffer[],
  properties?: Record<string, unknown>,
): Promise<ReceivedEventData[]> => {
  source.createEventHub(name, { partitions: 1 });
  for (const body of bodies) source.append(name, 'pump', aMessage('pump', body, properties));
  await using reading = read(source.connectionString, name);
  return [...(await reading.waitFor(bodies.length))];
};

const aForwarder = (eventHub: string, partitions = 4) => {
  target.createEventHub(eventHub, { partitions });
  const port = createEventHubTarget({
    connect: (options) => new EventHubProducerClient(target.connectionString, eventHub, options),
    onError: () => undefined,
  });
  closers.push(() => port.close());
  const park = aPark();
  const counters = createRelayCounters();
  const forward = createForwardBatch({
    target: port,
    park,
    counters,
    clock: systemClock,
    logger: aLogger(),
    random: Math.random,
    deduplicationKey: true,
  });
  return { forward, park, counters, read: () => read(target.connectionString, eventHub) };
};

const never = new AbortController().signal;
const bytesOf = (event: ReceivedEventData | undefined): unknown =>
  (event?.getRawAmqpMessage().body as { content: unknown } | undefined)?.content;
const numbered = (count: number) => Array.from({ length: count }, (_, index) => Buffer.from(`{"n":${index}}`));

describe('the relay and its Event Hub', () => {
  it('hands on bytes, properties and annotations as they were', async () => {
    const bodies = [Buffer.from('{ "a": 1.0, "b": 12345678901234567890 }'), Buffer.from([0, 255, 128])];
    const { forward, read } = aForwarder('content');
    await forward(await readFromHub('content', bodies), anOrigin({ partitionId: '5' }), never);
    await using reading = read();
    const [first, second] = await reading.waitFor(2);
    expect([bytesOf(first), bytesOf(second)]).toEqual(bodies);
    expect(reading.partitionOf.get(first!)).toBe('1');
    expect(first?.systemProperties).toMatchObject({ contentType: 'application/json', contentEncoding: 'utf-8' });
    expect(first?.properties).toMatchObject({
      level: 'high',
      'iothub-connection-device-id': 'pump',
      'iothub-enqueuedtime': '2023-11-14T22:13:20.123Z',
      'iothub-message-source': 'Telemetry',
      'relay-hub': 'north',
      'relay-sequence-number': '0',
      'relay-offset': '0',
    });
    expect(first?.properties?.['relay-deduplication-key']).toMatch(/^[\w-]{43}$/);
    expect(Object.keys(first?.properties ?? {}).filter((name) => name.startsWith('x-opt'))).toEqual([]);
  });

  it('hands on values that have no place in JavaScript', async () => {
    const { forward, read } = aForwarder('values', 1);
    const eight = (value: bigint): Buffer => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64BE(value);
      return bytes;
    };
    const properties = {
      none: null,
      long: types.wrap_long(eight(2n ** 60n + 1n)),
      double: types.wrap_double(2 ** 70),
      nan: types.wrap_double(NaN),
      due: types.wrap_timestamp(eight(2n ** 62n)),
      count: types.wrap_long(-3),
    };
    await forward(await readFromHub('values', [Buffer.from('1')], properties), anOrigin(), never);
    await using reading = read();
    const [arrived] = await reading.waitFor(1);
    expect(arrived?.properties).toMatchObject({
      none: null,
      long: '1152921504606846977',
      double: '1.1805916207174113e+21',
      nan: 'NaN',
      due: 'Invalid Date',
      count: -3,
    });
  });

  it('gives a UUID message-id one key on both hubs, sent over AMQP or over MQTT', async () => {
    await using lab = await aLab();
    const uuid = '0f1e2d3c-4b5a-4697-8879-6a5b4c3d2e1f';
    source.createEventHub('uuid', { partitions: 1 });
    const key = { deviceId: 'pump' };
    for (const role of ['primary', 'secondary'] as const) lab.hub(role).createIdentity(key, {});
    const send = async (role: HubRole, transport: typeof Amqp | typeof Mqtt) => {
      const hub = lab.hub(role);
      const stop = hub.onMessage(
        (message) => void (message.source === 'deviceMessages' && source.append('uuid', 'pump', message)),
      );
      const { primaryKey } = hub.getIdentity(key).authentication.symmetricKey;
      const device = Client.fromConnectionString(
        `HostName=${hub.hostName};DeviceId=pump;SharedAccessKey=${primaryKey}`,
        transport,
      );
      const message = new Message('{"n":1}');
      message.messageId = uuid;
      await device.open();
      await device.sendEvent(message);
      await device.close();
      stop();
    };
    await send('primary', Amqp);
    await send('secondary', Amqp);
    await send('secondary', Mqtt);
    await using sent = read(source.connectionString, 'uuid');
    const [first, ...others] = await sent.waitFor(3);
    const bytes = Buffer.from(uuid.replaceAll('-', ''), 'hex');
    expect([first?.messageId, ...others.map(({ messageId }) => messageId)]).toEqual([bytes, bytes, uuid]);
    const { forward, park, read: readTarget } = aForwarder('uuid', 1);
    await forward([first!], anOrigin({ hub: 'primary' }), never);
    await forward(others, anOrigin({ hub: 'secondary', endpoint: 'elsewhere' }), never);
    await using reading = readTarget();
    const arrived = await reading.waitFor(3);
    expect(arrived.map(({ messageId }) => messageId)).toEqual([bytes, bytes, uuid]);
    expect(new Set(arrived.map(({ properties }) => properties?.['relay-deduplication-key'])).size).toBe(1);
    expect(park.items).toEqual([]);
  });

  it('loses and reorders nothing while the target is away for a while', async () => {
    const { forward, park, counters, read } = aForwarder('away', 1);
    const events = await readFromHub('away', numbered(400));
    await forward(events.slice(0, 100), anOrigin(), never);
    await target.stop();
    let forwarded = false;
    const forwarding = forward(events.slice(100), anOrigin(), never).then(() => (forwarded = true));
    await vi.waitUntil(() => counters.read().held !== undefined, { timeout: 20_000 });
    expect(forwarded).toBe(false);
    await target.resume();
    await forwarding;
    await using reading = read();
    const told = (await reading.waitFor(400)).map(({ properties }) => Number(properties?.['relay-sequence-number']));
    // A send whose answer was lost is sent again: the first time a number comes they are in order.
    expect([...new Set(told)]).toEqual(events.map(({ sequenceNumber }) => sequenceNumber));
    expect(park.items).toEqual([]);
    expect(counters.read().held).toBeUndefined();
  });

  it('parks the message that is too large for it, and no other', async () => {
    const { forward, park, read } = aForwarder('large', 1);
    const large = Buffer.alloc(1024 * 1024, 'x');
    await forward(await readFromHub('large', [Buffer.from('1'), large, Buffer.from('2')]), anOrigin(), never);
    await using reading = read();
    expect((await reading.waitFor(2)).map(({ body }) => body)).toEqual([1, 2]);
    expect(park.items).toHaveLength(1);
    expect(large.equals(park.items[0]?.body as Buffer)).toBe(true);
    expect(park.items[0]).toMatchObject({ sequence: '1', properties: { 'relay-cause': 'tooLarge', level: 'high' } });
  });

  it('sends more than one batch holds in order', async () => {
    const { forward, counters, read } = aForwarder('many', 1);
    const bodies = numbered(60).map((body) => Buffer.concat([body, Buffer.alloc(50_000, ' ')]));
    await forward(await readFromHub('many', bodies), anOrigin(), never);
    expect(counters.read().batches).toBeGreaterThan(2);
    await using reading = read();
    const told = (await reading.waitFor(60)).map(({ body }) => (body as { n: number }).n);
    expect(told).toEqual(bodies.map((_, index) => index));
  });

  it('waits for an Event Hub that is not there yet', async () => {
    const port = createEventHubTarget({
      connect: (options) => new EventHubProducerClient(target.connectionString, 'later', options),
      onError: () => undefined,
    });
    closers.push(() => port.close());
    const error = await port.partitionIds({ abortSignal: never }).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: 'targetUnavailable', retryable: true });
    target.createEventHub('later', { partitions: 12 });
    expect(await port.partitionIds({ abortSignal: never })).toEqual(Array.from({ length: 12 }, (_, i) => String(i)));
  });

  it('asks the target whether a refusal is for the message or for the partition', async () => {
    target.createEventHub('shrunk', { partitions: 1 });
    const port = createEventHubTarget({
      connect: (options) => new EventHubProducerClient(target.connectionString, 'shrunk', options),
      onError: () => undefined,
    });
    closers.push(() => port.close());
    const opened = port.openBatch('7', { abortSignal: never });
    await expect(opened).rejects.toMatchObject({ code: 'targetUnavailable', retryable: true });
  });
});
