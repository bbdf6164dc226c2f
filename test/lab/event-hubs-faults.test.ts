import { EventHubConsumerClient, EventHubProducerClient } from '@azure/event-hubs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FaultGate } from '../../lab/contracts.js';
import type { StartedNamespace } from '../../lab/event-hubs/namespace.js';
import { startNamespace } from '../../lab/event-hubs/namespace.js';
import { aNamespace, aTwinChange, noFaults, quickRetries, read } from './support/event-hubs.js';

let namespace: StartedNamespace;
let answer: { status: number } | undefined;
const gate: FaultGate = { before: () => Promise.resolve(answer) };

beforeEach(async () => {
  answer = undefined;
  namespace = await aNamespace({ faults: gate });
  namespace.createEventHub('hub', { partitions: 2 });
});
afterEach(() => namespace.close());

const append = (from: number, to: number): void => {
  for (let n = from; n < to; n += 1) namespace.append('hub', `d${n % 7}`, aTwinChange(`d${n % 7}`, { n }));
};
const numbers = (events: readonly { body: { n: number } }[]): number[] =>
  events.map(({ body }) => body.n).sort((left, right) => left - right);
const range = (to: number): number[] => Array.from({ length: to }, (_, index) => index);

describe('outages', () => {
  it('goes on without loss or repetition after stop and resume on the same port', async () => {
    append(0, 100);
    await using reading = read(namespace.connectionString, 'hub');
    await reading.waitFor(100);
    const { port } = namespace;
    await namespace.stop();
    expect(namespace.running).toBe(false);
    append(100, 200);
    await namespace.resume();
    expect([namespace.running, namespace.port]).toEqual([true, port]);
    append(200, 300);
    expect(numbers(await reading.waitFor(300))).toEqual(range(300));
  });

  it('lets a producer go on after stop and resume', async () => {
    const producer = new EventHubProducerClient(namespace.connectionString, 'hub', { retryOptions: quickRetries });
    await producer.sendBatch([{ body: { n: 0 } }]);
    await namespace.stop();
    const sent = producer.sendBatch([{ body: { n: 1 } }]);
    await namespace.resume();
    await sent;
    await using reading = read(namespace.connectionString, 'hub');
    expect(numbers(await reading.waitFor(2))).toEqual([0, 1]);
    await producer.close();
  });

  it('cuts new connections while refusing and leaves the present ones alone', async () => {
    append(0, 10);
    await using present = read(namespace.connectionString, 'hub');
    await present.waitFor(10);
    namespace.setRefusing(true);
    await using newcomer = read(namespace.connectionString, 'hub', {
      client: { retryOptions: { maxRetries: 1, retryDelayInMs: 50, timeoutInMs: 2_000 } },
    });
    await vi.waitUntil(() => newcomer.errors.length > 0, { timeout: 20_000 });
    append(10, 20);
    expect(numbers(await present.waitFor(20))).toEqual(range(20));
    expect(newcomer.events).toEqual([]);
    namespace.setRefusing(false);
    expect(numbers(await newcomer.waitFor(20))).toEqual(range(20));
  });
});

describe('faults that answer', () => {
  it('answers requests with the condition of the status', async () => {
    answer = { status: 503 };
    const client = new EventHubConsumerClient('$Default', namespace.connectionString, 'hub', {
      retryOptions: { maxRetries: 0, timeoutInMs: 5_000 },
    });
    await expect(client.getEventHubProperties()).rejects.toMatchObject({ code: 'ServerBusyError', retryable: true });
    answer = undefined;
    expect((await client.getEventHubProperties()).partitionIds).toEqual(['0', '1']);
    await client.close();
  });

  it('rejects transfers on an open link, and stores nothing of them', async () => {
    const producer = new EventHubProducerClient(namespace.connectionString, 'hub', { retryOptions: { maxRetries: 0 } });
    await producer.sendBatch([{ body: 1 }]);
    answer = { status: 500 };
    await expect(producer.sendBatch([{ body: 2 }])).rejects.toMatchObject({ code: 'InternalServerError' });
    answer = undefined;
    await producer.sendBatch([{ body: 3 }]);
    expect(namespace.partitions('hub').reduce((sum, { length }) => sum + length, 0)).toBe(2);
    await producer.close();
  });
});

describe('ports', () => {
  it('rejects when a given port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(startNamespace({ port, faults: noFaults })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    taken.close();
  });

  it('takes 5672 by default, and another port when that is taken, saying so', async () => {
    const lines: string[] = [];
    const first = await startNamespace({ faults: noFaults });
    const second = await startNamespace({ faults: noFaults, log: (line) => lines.push(line) });
    // Something else on this machine may hold 5672 already: then both are elsewhere.
    expect(first.port === 5672).toBe(!first.portTaken);
    expect(second.portTaken).toBe(true);
    expect(second.port).not.toBe(5672);
    expect(lines).toEqual([`event hubs: port 5672 is taken, listening on ${second.port}`]);
    await Promise.all([first.close(), second.close()]);
  });
});
