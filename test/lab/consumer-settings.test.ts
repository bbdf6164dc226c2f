import { setTimeout as work } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { AppError } from '../../src/errors.js';
import {
  aGeneration,
  aProcessor,
  aRecorder,
  aSource,
  numberOf,
  quickOptions,
  range,
  send,
  sorted,
  type Recorder,
} from './support/consumer.js';
import { consumerRig } from './support/consumer-rig.js';

const rig = consumerRig();

/** Also notes how many events came in each call. */
const aCountingRecorder = (): Recorder & { sizes: number[] } => {
  const sizes: number[] = [];
  const counting: Recorder = aRecorder({
    processEvents: async (events, partition) => {
      sizes.push(events.length);
      for (const event of events) counting.events.push({ ...partition, n: numberOf(event), event });
    },
  });
  return Object.assign(counting, { sizes });
};

describe('waits without events', () => {
  it('are told with emptyBatches, and only then', async () => {
    const endpoint = await rig.anEndpoint(1);
    const start = async (emptyBatches: boolean) => {
      const [source, seen, stores] = [aSource(), aCountingRecorder(), await rig.stores()];
      const written = vi.spyOn(stores.checkpointStore, 'updateCheckpoint');
      // With this policy the first wait without events is when the checkpoint is written: it shows that there was one.
      const checkpoint = { kind: 'everyEvents', events: 1000 } as const;
      const options = { ...stores, checkpoint, emptyBatches, maxWaitTimeInSeconds: 0.2 };
      const processor = aProcessor([endpoint], { source, handlers: seen, ...options });
      source.say('steady', aGeneration(1, endpoint));
      await processor.start();
      await seen.seesAll(1);
      await vi.waitUntil(() => written.mock.calls.length === 1, { timeout: 10_000 });
      return { processor, sizes: seen.sizes };
    };
    send(endpoint, 0, 1);
    // One after the other: two readers of one consumer group would take the partition from each other.
    const told = await start(true);
    await vi.waitUntil(() => told.sizes.length >= 4, { timeout: 10_000 });
    await told.processor.stop();
    expect(told.sizes).toEqual([1, ...told.sizes.slice(1).map(() => 0)]);
    const quiet = await start(false);
    await quiet.processor.stop();
    expect(quiet.sizes).toEqual([1]);
  });
});

describe('maxBatchSize', () => {
  it('is the most that a handler is given at once', async () => {
    const endpoint = await rig.anEndpoint(1);
    const [source, seen] = [aSource(), aCountingRecorder()];
    send(endpoint, 0, 100);
    source.say('steady', aGeneration(1, endpoint));
    const options = { ...(await rig.stores()), maxBatchSize: 7 };
    const processor = aProcessor([endpoint], { source, handlers: seen, ...options });
    await processor.start();
    await seen.seesAll(100);
    await processor.stop();
    expect(Math.max(...seen.sizes)).toBe(7);
    expect(seen.numbers()).toEqual(range(100));
  });
});

describe('a start by enqueued time', () => {
  it('from processInitialize passes over what came before, and nothing else', async () => {
    const [long, then] = [Date.now() - 60_000, Date.now() - 30_000];
    let now = long;
    const endpoint = await rig.anEndpoint(2, { now: () => now });
    send(endpoint, 0, 20);
    now = then;
    send(endpoint, 20, 40);
    now = then + 1;
    send(endpoint, 40, 60);
    now = Date.now();
    const [source, stores] = [aSource(), await rig.stores()];
    source.say('steady', aGeneration(1, endpoint));
    const seen = aRecorder({ processInitialize: async () => ({ enqueuedAfter: new Date(then) }) });
    const options = { source, handlers: seen, ...stores };
    const processor = aProcessor([endpoint], options);
    await processor.start();
    await seen.seesAll(20);
    send(endpoint, 60, 70);
    await seen.seesAll(30);
    await processor.stop();
    expect(sorted(seen.numbers())).toEqual(range(70).slice(40));
    // Where a checkpoint is, that counts.
    send(endpoint, 70, 80);
    const again = aProcessor([endpoint], options);
    await again.start();
    await seen.seesAll(40);
    await again.stop();
    expect(sorted(seen.numbers())).toEqual(range(80).slice(40));
  });
});

describe('a handler that takes longer than a claim lasts', () => {
  it('keeps its partition while it awaits, also where another processor waits for one', async () => {
    const endpoint = await rig.anEndpoint(1);
    const [source, stores, other] = [aSource(), await rig.stores(), aRecorder()];
    const slow: Recorder = aRecorder({
      processEvents: async (events, partition) => {
        await work(quickOptions.ownershipExpiresInMs + 1500);
        for (const event of events) slow.events.push({ ...partition, n: numberOf(event), event });
      },
    });
    const [first, second] = [
      aProcessor([endpoint], { source, handlers: slow, ...stores }),
      aProcessor([endpoint], { source, handlers: other, ...stores }),
    ];
    source.say('steady', aGeneration(1, endpoint));
    await first.start();
    await vi.waitUntil(() => slow.opened.length === 1, { timeout: 10_000 });
    await second.start();
    send(endpoint, 0, 10);
    await slow.seesAll(10);
    await Promise.all([first.stop(), second.stop()]);
    expect(sorted(slow.numbers())).toEqual(range(10));
    expect([slow.errors, slow.closes.map(({ reason }) => reason), other.opened]).toEqual([[], ['Shutdown'], []]);
  });
});

describe('an endpoint that is busy for a moment', () => {
  it('is asked again after a quarter of a second, not after the thirty of the SDK', async () => {
    let answer: { status: number } | undefined;
    let refused = 0;
    const faults = {
      before: async () => {
        if (answer !== undefined) refused += 1;
        return answer;
      },
    };
    const endpoint = await rig.anEndpoint(1, { faults });
    const [source, seen] = [aSource(), aRecorder()];
    // Nothing else may bring the reading back.
    const patience = { silenceLimitInMs: 60_000, ownershipExpiresInMs: 90_000 };
    const processor = aProcessor([endpoint], { source, handlers: seen, ...(await rig.stores()), ...patience });
    source.say('steady', aGeneration(1, endpoint));
    await processor.start();
    send(endpoint, 0, 10);
    await seen.seesAll(10);
    answer = { status: 503 };
    await endpoint.stop();
    await endpoint.resume();
    await vi.waitUntil(() => refused > 0, { timeout: 10_000 });
    answer = undefined;
    send(endpoint, 10, 20);
    await seen.seesAll(20, { timeout: 8000 });
    await processor.stop();
    expect(seen.numbers()).toEqual(range(20));
    expect(seen.errors.filter((error) => error instanceof AppError)).toEqual([]);
  });
});
