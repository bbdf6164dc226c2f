import { EventHubProducerClient } from '@azure/event-hubs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StartedNamespace } from '../../lab/event-hubs/namespace.js';
import { aNamespace, aTwinChange, quickRetries, read } from './support/event-hubs.js';

let namespace: StartedNamespace;
const producers: EventHubProducerClient[] = [];

beforeAll(async () => {
  namespace = await aNamespace();
});
afterAll(async () => {
  for (const producer of producers) await producer.close();
  await namespace.close();
});

const aProducer = (eventHub: string, partitions: number): EventHubProducerClient => {
  namespace.createEventHub(eventHub, { partitions });
  const producer = new EventHubProducerClient(namespace.connectionString, eventHub, { retryOptions: quickRetries });
  producers.push(producer);
  return producer;
};

describe('sending with the SDK', () => {
  it('takes a batch apart into its events, each with its own properties and bytes', async () => {
    const producer = aProducer('batches', 1);
    const batch = await producer.createBatch();
    batch.tryAdd({ body: { n: 1 }, properties: { text: 'a', count: 7, at: new Date(1000) }, messageId: 'm1' });
    batch.tryAdd({ body: 'plain text', contentType: 'text/plain', correlationId: 'c9' });
    batch.tryAdd({ body: Buffer.from([0, 255, 128]) });
    await producer.sendBatch(batch);
    await using reading = read(namespace.connectionString, 'batches');
    const events = await reading.waitFor(3);
    expect(events.map(({ sequenceNumber }) => sequenceNumber)).toEqual([0, 1, 2]);
    expect(events[0]).toMatchObject({ body: { n: 1 }, properties: { text: 'a', count: 7, at: 1000 }, messageId: 'm1' });
    expect(events[1]).toMatchObject({ body: 'plain text', contentType: 'text/plain', correlationId: 'c9' });
    expect(events[2]?.body).toEqual(Buffer.from([0, 255, 128]));
  });

  it('knows the largest batch and refuses to overfill it', async () => {
    const batch = await aProducer('sizes', 1).createBatch();
    expect(batch.maxSizeInBytes).toBe(1024 * 1024);
    const half = { body: Buffer.alloc(600_000) };
    expect([batch.tryAdd(half), batch.tryAdd(half)]).toEqual([true, false]);
  });

  it('puts a large event into one message although it takes many frames', async () => {
    const producer = aProducer('large', 1);
    const body = Buffer.alloc(1_000_000, 'x');
    await producer.sendBatch([{ body }]);
    await using reading = read(namespace.connectionString, 'large');
    const [event] = await reading.waitFor(1);
    expect(body.equals(event?.body as Buffer)).toBe(true);
  });

  it('sends to the named partition', async () => {
    const producer = aProducer('named', 4);
    await producer.sendBatch([{ body: 'here' }], { partitionId: '2' });
    expect(namespace.partitions('named').map(({ length }) => length)).toEqual([0, 0, 1, 0]);
  });

  it('keeps one key in one partition, the same that the hub uses for a device of that name', async () => {
    const producer = aProducer('keyed', 4);
    for (let turn = 0; turn < 3; turn += 1) await producer.sendBatch([{ body: turn }], { partitionKey: 'device-7' });
    const { partitionId } = namespace.append('keyed', 'device-7', aTwinChange('device-7'));
    expect(namespace.partitions('keyed').find((one) => one.partitionId === partitionId)?.length).toBe(4);
    await using reading = read(namespace.connectionString, 'keyed');
    const events = await reading.waitFor(4);
    expect(new Set(events.map(({ partitionKey }) => partitionKey))).toEqual(new Set(['device-7']));
  });

  it('spreads batches without a key over the partitions', async () => {
    const producer = aProducer('spread', 4);
    for (let turn = 0; turn < 8; turn += 1) await producer.sendBatch([{ body: turn }]);
    expect(namespace.partitions('spread').map(({ length }) => length)).toEqual([2, 2, 2, 2]);
  });

  it('names a partition that does not exist', async () => {
    const producer = new EventHubProducerClient(namespace.connectionString, 'named', {
      retryOptions: { maxRetries: 0 },
    });
    producers.push(producer);
    await expect(producer.sendBatch([{ body: 1 }], { partitionId: '9' })).rejects.toThrow("partition '9' is invalid");
  });
});

describe('partitions by device', () => {
  it('puts every message of a device into one partition and uses all partitions', async () => {
    namespace.createEventHub('devices', { partitions: 4 });
    for (let round = 0; round < 5; round += 1) {
      for (let device = 0; device < 40; device += 1) {
        namespace.append('devices', `sim-${device}`, aTwinChange(`sim-${device}`, { round }));
      }
    }
    await using reading = read(namespace.connectionString, 'devices');
    const events = await reading.waitFor(200);
    const partitionsOf = new Map<string, Set<string>>();
    for (const event of events) {
      const device = String(event.systemProperties?.['iothub-connection-device-id']);
      const seen = partitionsOf.get(device) ?? new Set();
      partitionsOf.set(device, seen.add(reading.partitionOf.get(event) ?? '?'));
    }
    expect(partitionsOf.size).toBe(40);
    expect([...partitionsOf.values()].every((seen) => seen.size === 1)).toBe(true);
    expect(namespace.partitions('devices').every(({ length }) => length > 0)).toBe(true);
  });
});
