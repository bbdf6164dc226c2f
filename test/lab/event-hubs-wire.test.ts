import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import rhea, { type Connection, type EventContext, type Receiver } from 'rhea';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { StartedNamespace } from '../../lab/event-hubs/namespace.js';
import { aNamespace, aTwinChange, read } from './support/event-hubs.js';

const addressIn = (consumerGroup: string): string => `hub/ConsumerGroups/${consumerGroup}/Partitions/0`;
let namespace: StartedNamespace;
let connection: Connection;

beforeEach(async () => {
  namespace = await aNamespace();
  namespace.createEventHub('hub', { partitions: 1, consumerGroups: ['second'] });
  for (let n = 0; n < 10; n += 1) namespace.append('hub', 'd1', aTwinChange('d1', { n }));
  connection = rhea
    .create_container()
    .connect({ host: '127.0.0.1', port: namespace.port, username: 'any', reconnect: false });
  connection.on('disconnected', () => undefined);
});
afterEach(async () => {
  connection.close();
  await namespace.close();
});

const aToken = (audience: string): string => {
  const key = /SharedAccessKey=([^;]+)/.exec(namespace.connectionString)?.[1] ?? '';
  const resource = encodeURIComponent(audience);
  const expiry = Math.floor(Date.now() / 1000) + 600;
  const signature = createHmac('sha256', key).update(`${resource}\n${expiry}`).digest('base64');
  return `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(signature)}&se=${expiry}&skn=RootManageSharedAccessKey`;
};

const putToken = async (audience: string): Promise<unknown> => {
  const receiver = connection.open_receiver({ source: { address: '$cbs' } });
  const sender = connection.open_sender({ target: { address: '$cbs' } });
  await once(sender, 'sendable');
  const replied = once(receiver, 'message') as Promise<[EventContext]>;
  sender.send({
    message_id: 'r1',
    application_properties: { operation: 'put-token', type: 'servicebus.windows.net:sastoken', name: audience },
    body: aToken(audience),
  });
  const [{ message }] = await replied;
  expect(message?.correlation_id).toBe('r1');
  return message?.application_properties?.['status-code'];
};

const attach = (consumerGroup = '$Default'): { receiver: Receiver; seen: number[] } => {
  const receiver = connection.open_receiver({ source: { address: addressIn(consumerGroup) }, credit_window: 0 });
  const seen: number[] = [];
  receiver.on('message', ({ message }: EventContext) => {
    seen.push(JSON.parse(String(message?.body.content)).n);
  });
  return { receiver, seen };
};

describe('the AMQP server', () => {
  it('never sends more than the reader gave credit for', async () => {
    expect(await putToken(`sb://127.0.0.1:${namespace.port}/hub`)).toBe(200);
    const { receiver, seen } = attach();
    receiver.add_credit(3);
    await vi.waitUntil(() => seen.length === 3, { timeout: 20_000 });
    namespace.append('hub', 'd1', aTwinChange('d1', { n: 10 }));
    // Another reader that got everything shows that the server had its turn.
    await using other = read(namespace.connectionString, 'hub');
    await other.waitFor(11);
    expect(seen).toEqual([0, 1, 2]);
    receiver.add_credit(100);
    await vi.waitUntil(() => seen.length === 11, { timeout: 20_000 });
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('does not let a reader without credit hold up another on the same session', async () => {
    await putToken(`sb://127.0.0.1:${namespace.port}/hub`);
    const [slow, quick] = [attach(), attach('second')];
    slow.receiver.add_credit(1);
    await vi.waitUntil(() => slow.seen.length === 1, { timeout: 20_000 });
    quick.receiver.add_credit(10);
    await vi.waitUntil(() => quick.seen.length === 10, { timeout: 20_000 });
    expect(slow.seen).toEqual([0]);
  });

  it('refuses a link for which no token was put', async () => {
    expect(await putToken(`sb://127.0.0.1:${namespace.port}/other`)).toBe(200);
    const { receiver, seen } = attach();
    receiver.add_credit(3);
    receiver.on('receiver_error', () => undefined);
    await once(receiver, 'receiver_close');
    expect(receiver.error).toMatchObject({ condition: 'amqp:unauthorized-access' });
    expect(seen).toEqual([]);
  });

  it('outlives a peer that does not speak AMQP', async () => {
    const failed = once(connection, 'disconnected');
    connection['socket'].write('GET / HTTP/1.1\r\n\r\n');
    await failed;
    await using reading = read(namespace.connectionString, 'hub');
    expect((await reading.waitFor(10)).length).toBe(10);
  });

  it('serves a slow reader of far more events than a session holds at once', async () => {
    for (let n = 10; n < 5_000; n += 1) namespace.append('hub', 'd1', aTwinChange('d1', { n }));
    await using reading = read(namespace.connectionString, 'hub', { subscribe: { maxBatchSize: 1_000 } });
    const events = await reading.waitFor(5_000);
    expect(events.every(({ sequenceNumber }, index) => sequenceNumber === index)).toBe(true);
  });
});
