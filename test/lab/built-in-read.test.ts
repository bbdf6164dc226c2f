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
        'iothub-connection-auth-method':
          '{"scope":"device","type":"sas","issuer":"iothub","acceptingIpFilterRule":null}',
        'iothub-connection-auth-generation-id': generationId,
        'iothub-enqueuedtime': expect.any(Number),
        'iothub-message-source': 'Telemetry',
      },
    });
    expect(reading.events.map(({ body }) => body.sequence)).toEqual([1, 2, 3]);
  });

  it('gives message and correlation ids in the type in which they were sent', async () => {
    const ids = ['text', 7, 2 ** 40, Buffer.from('0f1e2d3c4b5a469788796a5b4c3d2e1f', 'hex'), Buffer.from('bytes')];
    hub.addDevice({ deviceId: 'ids' });
    for (const id of ids)
      hub.core.acceptTelemetry({ deviceId: 'ids' }, Buffer.from('{}'), { messageId: id, correlationId: id }, {});
    await using reading = read(hub.connectionString(hub.first), hub.first.eventHubName);
    await reading.waitFor(3 + ids.length);
    const sent = reading.events.filter(({ messageId }) => !String(messageId).startsWith('d1-'));
    expect(sent.map(({ messageId, correlationId }) => [messageId, correlationId])).toEqual(ids.map((id) => [id, id]));
  });

  it('tells by what the device was authenticated', async () => {
    hub.addDevice({ deviceId: 'proofs' });
    hub.addDevice({ deviceId: 'proofs', moduleId: 'm' });
    const send = (moduleId: string | undefined, proof: 'key' | 'policy' | 'certificate') => {
      const key = { deviceId: 'proofs', ...(moduleId !== undefined && { moduleId }) };
      hub.core.acceptTelemetry(key, Buffer.from('{}'), {}, {}, proof);
    };
    send(undefined, 'policy');
    send(undefined, 'certificate');
    send('m', 'key');
    await using reading = read(hub.connectionString(hub.first), hub.first.eventHubName);
    await reading.waitFor(11);
    const methods = reading.events
      .filter(({ systemProperties }) => systemProperties?.['iothub-connection-device-id'] === 'proofs')
      .map(({ systemProperties }) => JSON.parse(String(systemProperties?.['iothub-connection-auth-method'])) as object);
    expect(methods).toEqual([
      { scope: 'hub', type: 'sas', issuer: 'iothub', acceptingIpFilterRule: null },
      { scope: 'device', type: 'x509Certificate', issuer: 'external', acceptingIpFilterRule: null },
      { scope: 'module', type: 'sas', issuer: 'iothub', acceptingIpFilterRule: null },
    ]);
  });

  it('keeps the telemetry of one device in one partition', async () => {
    hub.send('d2', 1, 2, 3, 4);
    hub.send('d3', 1, 2, 3, 4);
    hub.send('d4', 1, 2, 3, 4);
    await using reading = read(hub.connectionString(hub.first), hub.first.eventHubName);
    await reading.waitFor(23);
    const partitions = new Map<string, Set<string | undefined>>();
    for (const event of reading.events) {
      const { deviceId } = event.body;
      if (deviceId === undefined) continue;
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
