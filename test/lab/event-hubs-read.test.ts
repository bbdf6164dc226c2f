import { EventHubConsumerClient, type EventPosition } from '@azure/event-hubs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { StartedNamespace } from '../../lab/event-hubs/namespace.js';
import { aNamespace, aTwinChange, quickRetries, read } from './support/event-hubs.js';

let namespace: StartedNamespace;
let clock = 1_800_000_000_000;

beforeAll(async () => {
  namespace = await aNamespace({ now: () => clock });
  namespace.createEventHub('ten', { partitions: 1, consumerGroups: ['second'] });
  for (let index = 0; index < 10; index += 1) {
    clock += 1000;
    namespace.append('ten', 'd1', aTwinChange('d1', { index }));
  }
  // Tokens are made with the real clock.
  clock = Date.now();
});
afterAll(() => namespace.close());

const indexes = (events: readonly { body: { index: number } }[]): number[] => events.map(({ body }) => body.index);

const readFrom = async (from: EventPosition, count: number): Promise<number[]> => {
  await using reading = read(namespace.connectionString, 'ten', { from });
  return indexes(await reading.waitFor(count));
};

describe('reading an event hub with the SDK', () => {
  it('delivers everything from the earliest position in order', async () => {
    expect(await readFrom({ offset: '-1' }, 10)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('begins after a sequence number, or with it when inclusive', async () => {
    expect(await readFrom({ sequenceNumber: 6 }, 3)).toEqual([7, 8, 9]);
    expect(await readFrom({ sequenceNumber: 6, isInclusive: true }, 4)).toEqual([6, 7, 8, 9]);
  });

  it('begins after an offset that an event carried, or with it when inclusive', async () => {
    await using reading = read(namespace.connectionString, 'ten');
    const events = await reading.waitFor(10);
    const offset = String(events[4]?.offset);
    expect(await readFrom({ offset }, 5)).toEqual([5, 6, 7, 8, 9]);
    expect(await readFrom({ offset, isInclusive: true }, 6)).toEqual([4, 5, 6, 7, 8, 9]);
  });

  it('begins after an enqueued time', async () => {
    expect(await readFrom({ enqueuedOn: 1_800_000_000_000 + 8_000 }, 2)).toEqual([8, 9]);
  });

  it('delivers from the latest position only what comes afterwards', async () => {
    namespace.createEventHub('latest', { partitions: 1 });
    namespace.append('latest', 'd1', aTwinChange('d1', { index: 0 }));
    await using reading = read(namespace.connectionString, 'latest', { from: { offset: '@latest' } });
    await using other = read(namespace.connectionString, 'latest');
    await other.waitFor(1);
    await vi.waitUntil(() => reading.opened.length === 1);
    // The link is attached some moments after `processInitialize`: go on until an event arrives, then look at which.
    await vi.waitUntil(
      () => {
        namespace.append('latest', 'd1', aTwinChange('d1', { index: 1 }));
        return reading.events.length > 0;
      },
      { timeout: 20_000, interval: 50 },
    );
    expect(indexes(reading.events)).not.toContain(0);
  });

  it('carries annotations, properties and the body as the hub wrote them', async () => {
    await using reading = read(namespace.connectionString, 'ten', { from: { sequenceNumber: 8 } });
    const [event] = await reading.waitFor(1);
    expect(event).toMatchObject({
      body: { index: 9 },
      sequenceNumber: 9,
      offset: expect.stringMatching(/^\d+$/),
      enqueuedTimeUtc: new Date(1_800_000_000_000 + 10_000),
      partitionKey: 'd1',
      contentType: 'application/json',
      correlationId: 'c-1',
      properties: { hubName: 'primary-hub', deviceId: 'd1', opType: 'updateTwin' },
      systemProperties: {
        'iothub-connection-device-id': 'd1',
        'iothub-enqueuedtime': 1_700_000_000_123,
        'iothub-message-source': 'twinChangeEvents',
        contentEncoding: 'utf-8',
      },
    });
    // The SDK copies the binary user id into a plain object.
    const userId = Object.values(event?.systemProperties?.['userId'] ?? {}).map(Number);
    expect(Buffer.from(userId).toString()).toBe('primary-hub');
  });

  it('keeps consumer groups apart', async () => {
    await using first = read(namespace.connectionString, 'ten');
    await using second = read(namespace.connectionString, 'ten', { consumerGroup: 'Second' });
    expect((await first.waitFor(10)).length).toBe(10);
    expect((await second.waitFor(10)).length).toBe(10);
  });

  it('tells the last enqueued event to readers that ask for it', async () => {
    await using client = asDisposable(new EventHubConsumerClient('$Default', namespace.connectionString, 'ten'));
    const seen: unknown[] = [];
    client.it.subscribe(
      {
        processEvents: async (_, context) => void seen.push(context.lastEnqueuedEventProperties),
        processError: async (error) => void seen.push(error),
      },
      { startPosition: { sequenceNumber: 0 }, maxBatchSize: 5, trackLastEnqueuedEventProperties: true },
    );
    await vi.waitUntil(() => seen.length > 0, { timeout: 20_000 });
    expect(seen[0]).toMatchObject({ sequenceNumber: 9, enqueuedOn: new Date(1_800_000_000_000 + 10_000) });
  });

  it('describes event hub and partitions', async () => {
    await using client = asDisposable(new EventHubConsumerClient('$Default', namespace.connectionString, 'ten'));
    expect(await client.it.getEventHubProperties()).toMatchObject({ name: 'ten', partitionIds: ['0'] });
    expect(await client.it.getPartitionProperties('0')).toMatchObject({
      beginningSequenceNumber: 0,
      lastEnqueuedSequenceNumber: 9,
      lastEnqueuedOnUtc: new Date(1_800_000_000_000 + 10_000),
      isEmpty: false,
    });
    namespace.createEventHub('empty', { partitions: 2 });
    await using other = asDisposable(new EventHubConsumerClient('$Default', namespace.connectionString, 'empty'));
    expect(await other.it.getPartitionProperties('1')).toMatchObject({ isEmpty: true, lastEnqueuedSequenceNumber: -1 });
  });
});

const asDisposable = (it: EventHubConsumerClient): AsyncDisposable & { it: EventHubConsumerClient } => ({
  it,
  [Symbol.asyncDispose]: () => it.close(),
});

describe('refusals', () => {
  const firstError = async (eventHub: string, consumerGroup: string, from: EventPosition): Promise<unknown> => {
    await using reading = read(namespace.connectionString, eventHub, {
      consumerGroup,
      from,
      partitionId: '0',
      client: { retryOptions: { ...quickRetries, maxRetries: 0 } },
    });
    await vi.waitUntil(() => reading.errors.length > 0, { timeout: 20_000 });
    return reading.errors[0];
  };

  it('names an event hub, a consumer group and a partition that do not exist', async () => {
    expect(await firstError('nowhere', '$Default', { offset: '-1' })).toMatchObject({
      code: 'MessagingEntityNotFoundError',
      message: expect.stringContaining("'nowhere' could not be found"),
    });
    expect(await firstError('ten', 'nobody', { offset: '-1' })).toMatchObject({
      message: expect.stringContaining("'ten/ConsumerGroups/nobody' could not be found"),
    });
    const client = new EventHubConsumerClient('$Default', namespace.connectionString, 'nowhere', {
      retryOptions: { maxRetries: 0 },
    });
    await expect(client.getEventHubProperties()).rejects.toThrow("'nowhere' could not be found");
    await client.close();
    const known = new EventHubConsumerClient('$Default', namespace.connectionString, 'ten', {
      retryOptions: { maxRetries: 0 },
    });
    await expect(known.getPartitionProperties('99')).rejects.toMatchObject({ code: 'ArgumentOutOfRangeError' });
    await known.close();
  });

  it('does not accept a position beyond the end', async () => {
    expect(await firstError('ten', '$Default', { sequenceNumber: 10 })).toMatchObject({
      code: 'ArgumentError',
      message: expect.stringContaining("The supplied sequence number '10' is invalid"),
    });
  });

  it('does not accept a token signed with another key', async () => {
    const wrong = namespace.connectionString.replace(/SharedAccessKey=[^;]+/, 'SharedAccessKey=bm90IHRoZSBrZXk=');
    const client = new EventHubConsumerClient('$Default', wrong, 'ten', {
      retryOptions: { maxRetries: 0, timeoutInMs: 5_000 },
    });
    await expect(client.getEventHubProperties()).rejects.toMatchObject({
      code: 'UnauthorizedError',
      message: expect.stringContaining('InvalidSignature'),
    });
    await client.close();
  });
});
