import { describe, expect, it, vi } from 'vitest';
import {
  aGeneration,
  aProcessor,
  aRecorder,
  aSource,
  numberOf,
  range,
  send,
  sorted,
  type Recorder,
} from './support/consumer.js';
import { consumerRig } from './support/consumer-rig.js';

const rig = consumerRig();

describe('a poisonous event', () => {
  it('is parked after so many attempts alone, its partition goes on, and nothing is passed over', async () => {
    const endpoint = await rig.anEndpoint(1);
    const source = aSource();
    const attempts: number[] = [];
    const seen: Recorder = aRecorder({
      processEvents: async (events, { generation, partitionId }) => {
        const numbers = events.map(numberOf);
        if (numbers.includes(7)) {
          attempts.push(numbers.length);
          throw new TypeError('cannot take 7');
        }
        for (const event of events) seen.events.push({ generation, partitionId, n: numberOf(event), event });
      },
    });
    const processor = aProcessor([endpoint], { source, handlers: seen, ...(await rig.stores()) });
    source.say('steady', aGeneration(1, endpoint));
    send(endpoint, 0, 20);
    await processor.start();
    await seen.seesAll(19);
    send(endpoint, 20, 30);
    await seen.seesAll(29);
    await processor.stop();
    expect(seen.parked).toEqual([7]);
    expect(sorted(seen.numbers())).toEqual(range(30).filter((n) => n !== 7));
    expect(attempts.slice(-3)).toEqual([1, 1, 1]);
    // Whole first, if it came with others.
    expect(attempts.length === 3 || new Set(attempts.slice(0, -3)).size === 1).toBe(true);
    expect(seen.errors).toHaveLength(attempts.length);
    expect(processor.state().generations[0]).toMatchObject({ processed: 29, parked: 1 });
  });

  it('that cannot be parked holds its partition, and only that one, until it can', async () => {
    const endpoint = await rig.anEndpoint(4);
    const source = aSource();
    let tries = 0;
    let canPark = false;
    const seen: Recorder = aRecorder({
      processEvents: async (events, { generation, partitionId }) => {
        if (events.some((event) => numberOf(event) === 0)) throw new TypeError('cannot take 0');
        for (const event of events) seen.events.push({ generation, partitionId, n: numberOf(event), event });
      },
      park: async (event) => {
        tries += 1;
        if (!canPark) throw new TypeError('cannot park either');
        seen.parked.push(numberOf(event));
      },
    });
    const processor = aProcessor([endpoint], { source, handlers: seen, ...(await rig.stores()) });
    source.say('steady', aGeneration(1, endpoint));
    send(endpoint, 0, 40);
    await processor.start();
    await vi.waitUntil(() => tries >= 3, { timeout: 20_000 });
    const held = new Set(seen.numbers()).size;
    expect(held).toBeGreaterThan(0);
    expect(held).toBeLessThan(39);
    canPark = true;
    await seen.seesAll(39);
    expect(seen.parked).toEqual([0]);
    await processor.stop();
  });
});

describe('stop', () => {
  it('waits for the handler at work, checkpoints what it did, and gives the partitions back at once', async () => {
    const endpoint = await rig.anEndpoint(1);
    const source = aSource();
    const stores = await rig.stores();
    const atWork = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const slow: Recorder = aRecorder({
      processEvents: async (events, { generation, partitionId }) => {
        atWork.resolve();
        await goOn.promise;
        for (const event of events) slow.events.push({ generation, partitionId, n: numberOf(event), event });
      },
    });
    // Far longer than the test may take: what is read again was given back, and not expired.
    const ownershipExpiresInMs = 300_000;
    const policy = { checkpoint: { kind: 'everyEvents', events: 1000 }, ownershipExpiresInMs } as const;
    const processor = aProcessor([endpoint], { source, handlers: slow, ...stores, ...policy });
    source.say('steady', aGeneration(1, endpoint));
    send(endpoint, 0, 30);
    await processor.start();
    await atWork.promise;
    const stopped = processor.stop();
    await vi.waitUntil(() => processor.state().generations[0]?.state === 'draining', { timeout: 5000 });
    expect(slow.closes).toEqual([]);
    goOn.resolve();
    await stopped;
    expect(slow.closes).toEqual([{ generation: 1, partitionId: '0', reason: 'Shutdown' }]);
    const handled = slow.numbers().length;
    expect(handled).toBeGreaterThan(0);

    const next = aRecorder();
    const successor = aProcessor([endpoint], { source, handlers: next, ...stores, ownershipExpiresInMs });
    await successor.start();
    send(endpoint, 30, 40);
    await next.seesAll(40 - handled);
    await successor.stop();
    expect([...slow.numbers(), ...next.numbers()]).toEqual(range(40));
  });
});

describe('the first generation', () => {
  it('begins at the latest by default, and the same place holds for whoever takes over before the first event', async () => {
    const endpoint = await rig.anEndpoint(2);
    const [source, stores] = [aSource(), await rig.stores()];
    send(endpoint, 0, 20);
    source.say('steady', aGeneration(1, endpoint));
    const options = { source, ...stores, firstGenerationStart: 'latest' as const };
    const idle = aRecorder();
    const first = aProcessor([endpoint], { ...options, handlers: idle });
    await first.start();
    await vi.waitUntil(() => idle.opened.length === 2, { timeout: 10_000 });
    await vi.waitUntil(async () => (await pinned(stores.checkpointStore, endpoint.port)) === 2, { timeout: 10_000 });
    await first.stop();
    send(endpoint, 20, 40);
    const seen = aRecorder();
    const second = aProcessor([endpoint], { ...options, handlers: seen });
    await second.start();
    await seen.seesAll(20);
    await second.stop();
    expect(idle.numbers()).toEqual([]);
    expect(sorted(seen.numbers())).toEqual(range(40).slice(20));
  });

  it('begins where processInitialize says', async () => {
    const endpoint = await rig.anEndpoint(2);
    const source = aSource();
    send(endpoint, 0, 20);
    source.say('steady', aGeneration(1, endpoint));
    const seen = aRecorder({ processInitialize: async () => 'earliest' });
    const options = { firstGenerationStart: 'latest' } as const;
    const processor = aProcessor([endpoint], { source, handlers: seen, ...(await rig.stores()), ...options });
    await processor.start();
    await seen.seesAll(20);
    await processor.stop();
    expect(sorted(seen.numbers())).toEqual(range(20));
  });
});

const pinned = async (
  store: Awaited<ReturnType<typeof rig.stores>>['checkpointStore'],
  port: number,
): Promise<number> => (await store.listCheckpoints(`g1.127.0.0.1:${port}`, 'hub-events', '$Default')).length;

describe('progress', () => {
  it('is told at once for the first event of a generation, then with positions, lag and partitions', async () => {
    const endpoint = await rig.anEndpoint(2);
    const [source, seen] = [aSource(), aRecorder()];
    const tellRarely = { tellIntervalInMs: 60_000 };
    const processor = aProcessor([endpoint], { source, handlers: seen, ...(await rig.stores()) }, tellRarely);
    source.say('steady', aGeneration(1, endpoint));
    await processor.start();
    send(endpoint, 0, 1);
    await vi.waitUntil(() => source.told.length === 1, { timeout: 10_000 });
    expect(source.told[0]).toMatchObject({ consumer: '_Default', generation: 1, first: {}, duplicates: 0 });
    send(endpoint, 1, 50);
    await seen.seesAll(50);
    expect(source.told).toHaveLength(1);
    await processor.stop();
    const last = source.told.at(-1);
    expect(last?.partitions.reduce((sum, { sequenceNumber }) => sum + sequenceNumber + 1, 0)).toBe(50);
    expect(last).not.toHaveProperty('first');
  });
});

describe('throughput', () => {
  it('is that of the SDK: 20,000 events of four partitions, a checkpoint per batch', async () => {
    const endpoint = await rig.anEndpoint(4);
    const source = aSource();
    let count = 0;
    const handlers = aRecorder({
      processEvents: async (events) => {
        count += events.length;
      },
    });
    const processor = aProcessor([endpoint], { source, handlers, ...(await rig.stores()) });
    send(endpoint, 0, 20_000);
    source.say('steady', aGeneration(1, endpoint));
    await processor.start();
    await vi.waitUntil(() => count >= 20_000, { timeout: 60_000, interval: 20 });
    expect(count).toBe(20_000);
    await processor.stop();
  });
});
