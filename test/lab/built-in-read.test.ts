import { EventHubConsumerClient, EventHubProducerClient } from '@azure/event-hubs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { aBuiltInHub, type BuiltInHub } from './support/built-in.js';
import { quickRetries, read } from './support/event-hubs.js';

let hub: BuiltInHub;
beforeAll(async () => {
  hub = await aBuiltInHub({ consumerGroups: ['app'] });
  for (const deviceId of ['d1', 'd2', 'd3', 'd4']) hub.addDevice({ deviceId });
  hub.send('d1', 1, 2, 3);
});
afterAll(() => hub[Symbol.asyncDispose]());

describe('reading telemetry from the built-in endpoint with the SDK', () => {
  it('gives telemetry with the annotations and properties of the service', async () => {
    await using reading = read(hub.connectionString(hub.first), hub.first.eventHubName);
    const [event] = await reading.waitFor(3);
    const { generationId } = hub.core.getIdentity({ deviceId: 'd1' });
    expect(event).toMatchObject({
      body: { deviceId: 'd1', sequence: 1 },
      sequenceNumber: 0,
      offset: '0',
      contentType: 'application/json',
      messageId: 'd1-1',
      properties: { kind: 'reading' },
      systemProperties: {
        'iothub-connection-device-id': 'd1',
        'iothub-connection-auth-generation-id': generationId,
        'iothub-enqueuedtime': expect.any(Number),
        'iothub-message-source': 'Telemetry',
      },
    });
    expect(reading.events.map(({ body }) => body.sequence)).toEqual([1, 2, 3]);
  });

  it('keeps the telemetry of one device in one partition', async () => {
    hub.send('d2', 1, 2, 3, 4);
    hub.send('d3', 1, 2, 3, 4);
    hub.send('d4', 1, 2, 3, 4);
    await using reading = read(hub.connectionString(hub.first), hub.first.eventHubName);
    await reading.waitFor(15);
    const partitions = new Map<string, Set<string | undefined>>();
    for (const event of reading.events) {
      const { deviceId } = event.body;
      partitions.set(deviceId, (partitions.get(deviceId) ?? new Set()).add(reading.partitionOf.get(event)));
    }
    expect([...partitions.values()].map(({ size }) => size)).toEqual([1, 1, 1, 1]);
  });

  it('has the consumer groups of the hub and no other', async () => {
    const of = (consumerGroup: string) =>
      read(hub.connectionString(hub.first), hub.first.eventHubName, {
        consumerGroup,
        partitionId: '0',
        client: { retryOptions: { ...quickRetries, maxRetries: 0 } },
      });
    await using known = of('app');
    await using unknown = of('nobody');
    await vi.waitUntil(() => unknown.errors.length > 0 && known.events.length > 0, { timeout: 20_000 });
    expect(unknown.errors[0]).toMatchObject({ code: 'MessagingEntityNotFoundError' });
    expect(known.errors).toEqual([]);
  });

  it('describes itself to $management', async () => {
    const client = new EventHubConsumerClient('$Default', hub.connectionString(hub.first, 'iothubowner'));
    expect(await client.getEventHubProperties()).toMatchObject({
      name: hub.first.eventHubName,
      partitionIds: ['0', '1'],
    });
    await client.close();
  });

  it.each(['device', 'registryRead', 'registryReadWrite'] as const)(
    'has no access by the policy %s',
    async (policy) => {
      const client = new EventHubConsumerClient('$Default', hub.connectionString(hub.first, policy), {
        retryOptions: { maxRetries: 0, timeoutInMs: 5_000 },
      });
      await expect(client.getEventHubProperties()).rejects.toMatchObject({ code: 'UnauthorizedError' });
      await client.close();
    },
  );

  it('lets nobody send', async () => {
    const producer = new EventHubProducerClient(hub.connectionString(hub.first), {
      retryOptions: { maxRetries: 0, timeoutInMs: 5_000 },
    });
    await expect(producer.sendBatch([{ body: 1 }])).rejects.toMatchObject({ code: 'UnauthorizedError' });
    await producer.close();
  });
});
