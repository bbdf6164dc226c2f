import { afterEach, describe, expect, it, vi } from 'vitest';
import type { StartedNamespace } from '../../lab/event-hubs/namespace.js';
import {
  aGeneration,
  aProcessor,
  aRecorder,
  aSource,
  eventHubName,
  hostOf,
  numberOf,
  range,
  send,
  type Recorder,
} from './support/consumer.js';
import { consumerRig } from './support/consumer-rig.js';

const rig = consumerRig();
const timers: NodeJS.Timeout[] = [];
afterEach(() => {
  for (const timer of timers.splice(0)) clearInterval(timer);
});

type Stores = Awaited<ReturnType<typeof rig.stores>>;

/** Sequence numbers of the checkpoints of the first generation. One partition: they are the numbers of the events. */
const checkpoints = async ({ checkpointStore }: Stores, endpoint: StartedNamespace): Promise<number[]> => {
  const found = await checkpointStore.listCheckpoints(`g1.${hostOf(endpoint)}`, eventHubName, '$Default');
  return found.map(({ sequenceNumber }) => sequenceNumber);
};

/** What a successor on the same stores is handed, once `last` has come. */
const resumed = async (endpoint: StartedNamespace, stores: Stores, last: number): Promise<number[]> => {
  const [source, next] = [aSource(), aRecorder()];
  const successor = aProcessor([endpoint], { source, handlers: next, ...stores });
  source.say('steady', aGeneration(1, endpoint));
  await successor.start();
  await vi.waitUntil(() => next.numbers().includes(last), { timeout: 20_000 });
  await successor.stop();
  return next.numbers();
};

describe('a checkpoint every so many seconds', () => {
  it('is written that often while events come, not with each batch', async () => {
    const endpoint = await rig.anEndpoint(1);
    const [source, stores] = [aSource(), await rig.stores()];
    const written: number[] = [];
    vi.spyOn(stores.checkpointStore, 'updateCheckpoint').mockImplementation(
      async () => void written.push(performance.now()),
    );
    let batches = 0;
    const handlers = aRecorder({ processEvents: async () => void (batches += 1) });
    const checkpoint = { kind: 'everySeconds', seconds: 0.5 } as const;
    const processor = aProcessor([endpoint], { source, handlers, ...stores, checkpoint });
    source.say('steady', aGeneration(1, endpoint));
    await processor.start();
    let sent = 0;
    timers.push(setInterval(() => send(endpoint, sent, (sent += 1)), 50));
    await vi.waitUntil(() => written.length === 3, { timeout: 20_000, interval: 20 });
    // From the first to the third are two intervals.
    expect((written[2] ?? 0) - (written[0] ?? 0)).toBeGreaterThanOrEqual(1000);
    expect(batches).toBeGreaterThan(9);
    await processor.stop();
  });

  it('is written by stop() for what no checkpoint covers yet: the next one begins behind it', async () => {
    const endpoint = await rig.anEndpoint(1);
    const [source, stores, seen] = [aSource(), await rig.stores(), aRecorder()];
    // No wait without events, which would be the occasion for a checkpoint too.
    const options = { checkpoint: { kind: 'everySeconds', seconds: 1000 }, maxWaitTimeInSeconds: 60 } as const;
    const processor = aProcessor([endpoint], { source, handlers: seen, ...stores, ...options });
    source.say('steady', aGeneration(1, endpoint));
    send(endpoint, 0, 30);
    await processor.start();
    await seen.seesAll(30);
    expect(await checkpoints(stores, endpoint)).toEqual([]);
    await processor.stop();
    expect(await checkpoints(stores, endpoint)).toEqual([29]);
    send(endpoint, 30, 40);
    expect(await resumed(endpoint, stores, 39)).toEqual(range(40).slice(30));
  });
});

describe('manual checkpoints', () => {
  it('are where the next one begins, and none is written but by the handlers', async () => {
    const endpoint = await rig.anEndpoint(1);
    const [source, stores] = [aSource(), await rig.stores()];
    const seen: Recorder = aRecorder({
      processEvents: async (events, partition) => {
        for (const event of events) seen.events.push({ ...partition, n: numberOf(event), event });
        const tenth = events.find((event) => numberOf(event) === 9);
        if (tenth !== undefined) await partition.checkpoint(tenth);
      },
    });
    const checkpoint = { kind: 'manual' } as const;
    const processor = aProcessor([endpoint], { source, handlers: seen, ...stores, checkpoint });
    source.say('steady', aGeneration(1, endpoint));
    send(endpoint, 0, 30);
    await processor.start();
    await seen.seesAll(30);
    await processor.stop();
    expect(await checkpoints(stores, endpoint)).toEqual([9]);
    send(endpoint, 30, 40);
    expect(await resumed(endpoint, stores, 39)).toEqual(range(40).slice(10));
  });
});
