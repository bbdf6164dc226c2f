import { EventHubConsumerClient } from '@azure/event-hubs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { aGeneration, aProcessor, aRecorder, aSource, numberOf, range, send, sorted } from './support/consumer.js';
import { consumerRig, inOneMinute } from './support/consumer-rig.js';
import type { Recorder } from './support/consumer.js';

const rig = consumerRig();
afterEach(() => {
  vi.restoreAllMocks();
});

describe('a processor that drains 32 partitions', () => {
  it('asks no more than ten questions a second, of all its generations, and sees the end', async () => {
    const [first, second] = [await rig.anEndpoint(32), await rig.anEndpoint(4)];
    const [source, stores, goOn] = [aSource(), await rig.stores(), Promise.withResolvers<void>()];
    const seen: Recorder = aRecorder({
      processEvents: async (events, { generation, partitionId }) => {
        if (generation === 1) await goOn.promise;
        for (const event of events) seen.events.push({ generation, partitionId, n: numberOf(event), event });
      },
    });
    const processor = aProcessor([first, second], { source, handlers: seen, ...stores });
    source.say('steady', aGeneration(1, first));
    await processor.start();
    const [before, after] = [() => processor.state().generations[0], () => processor.state().generations[1]];
    await vi.waitUntil(() => before()?.partitions.length === 32, { timeout: 20_000 });
    send(first, 0, 100, 100);
    const draining = aGeneration(1, first, { state: 'draining', drainUntil: inOneMinute() });
    source.say('failoverEnded', draining, aGeneration(2, second));
    await vi.waitUntil(() => after()?.partitions.length === 4, { timeout: 20_000 });

    const ofPartitions = vi.spyOn(EventHubConsumerClient.prototype, 'getPartitionProperties');
    const ofTheHub = vi.spyOn(EventHubConsumerClient.prototype, 'getPartitionIds');
    const questions = (): number => ofPartitions.mock.calls.length + ofTheHub.mock.calls.length;
    const startedAt = performance.now();
    await vi.waitUntil(() => questions() >= 50, { timeout: 30_000, interval: 10 });
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual((questions() - 1) * 100 - 50);

    goOn.resolve();
    await vi.waitUntil(() => before()?.state === 'stopped', { timeout: 30_000 });
    await processor.stop();
    expect(sorted(seen.numbers())).toEqual(range(100));
    expect(source.told.at(-1)?.partitions.every(({ lag }) => lag === 0)).toBe(true);
    expect(seen.errors).toEqual([]);
  });
});
