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

/** Asks a request/response node on a session of its own; resolves with the status code. */
const ask = async (node: string, properties: Record<string, unknown>, body: unknown = ''): Promise<unknown> => {
  const session = connection.create_session();
  session.begin();
  const receiver = session.open_receiver({ source: { address: node } });
  const sender = session.open_sender({ target: { address: node } });
  await once(sender, 'sendable');
  const replied = once(receiver, 'message') as Promise<[EventContext]>;
  sender.send({ message_id: 'r1', application_properties: properties, body });
  const [{ message }] = await replied;
  expect(message?.correlation_id).toBe('r1');
  return message?.application_properties?.['status-code'];
};

const putToken = (audience: string): Promise<unknown> =>
  ask('$cbs', { operation: 'put-token', type: 'servicebus.windows.net:sastoken', name: audience }, aToken(audience));

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

  it('lets a client in that asks for MSSBCBS, as that of .NET does', async () => {
    // Not in rhea's types.
    const offered = { sasl_mechanisms: { MSSBCBS: () => ({ start: (done: (error?: Error) => void) => done() }) } };
    const options = { host: '127.0.0.1', port: namespace.port, reconnect: false, ...offered };
    const named = rhea.create_container().connect(options);
    named.on('disconnected', () => undefined);
    await once(named, 'connection_open');
    expect(named.is_open()).toBe(true);
    named.close();
  });

  it('tells status codes as ints', async () => {
    const bytes: Buffer[] = [];
    connection.once('connection_open', () => connection['socket'].on('data', (data: Buffer) => bytes.push(data)));
    await putToken(`sb://127.0.0.1:${namespace.port}/hub`);
    const sent = Buffer.concat(bytes);
    // AMQP 1.0, 1.6.9: the constructor of an int of four bytes.
    expect(sent[sent.indexOf('status-code') + 'status-code'.length]).toBe(0x71);
  });

  it.each([
    ['> 7', [8, 9]],
    [">= '7'", [7, 8, 9]],
  ])('takes the position %s, with quotes and without', async (position, expected) => {
    await putToken(`sb://127.0.0.1:${namespace.port}/hub`);
    const filter = rhea.filter.selector(`amqp.annotation.x-opt-sequence-number ${position}`);
    const source = {
      address: addressIn('$Default'),
      filter: { 'apache.org:selector-filter:string': filter['jms-selector'] },
    };
    const seen: number[] = [];
    const receiver = connection.open_receiver({ source, credit_window: 0 });
    receiver.on('message', ({ message }: EventContext) => void seen.push(JSON.parse(String(message?.body.content)).n));
    receiver.add_credit(10);
    await vi.waitUntil(() => seen.length === expected.length, { timeout: 20_000 });
    expect(seen).toEqual(expected);
  });

  it('takes the token of a request to $management where none was put, and checks it', async () => {
    const audience = `sb://127.0.0.1:${namespace.port}/hub`;
    const properties = { operation: 'READ', type: 'com.microsoft:eventhub', name: 'hub' };
    expect(await ask('hub/$management', properties)).toBe(401);
    expect(await ask('hub/$management', { ...properties, security_token: aToken(audience) })).toBe(200);
    const forged = aToken(audience).replace(/sig=[^&]+/, 'sig=AAAA');
    expect(await ask('hub/$management', { ...properties, security_token: forged })).toBe(401);
    const ofOther = aToken(`sb://127.0.0.1:${namespace.port}/other`);
    expect(await ask('hub/$management', { ...properties, security_token: ofOther })).toBe(401);
  });

  it('takes a shared access signature that was put under the type jwt', async () => {
    const name = `sb://127.0.0.1:${namespace.port}/hub`;
    expect(await ask('$cbs', { operation: 'put-token', type: 'jwt', name }, aToken(name))).toBe(200);
    expect(await ask('$cbs', { operation: 'put-token', type: 'jwt', name }, 'no token')).toBe(401);
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
