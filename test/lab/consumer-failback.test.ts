import { describe, expect, it, vi } from 'vitest';
import type { StartedNamespace } from '../../lab/event-hubs/namespace.js';
import type { FailoverEventProcessorOptions } from '../../src/consumer/contract.js';
import {
  aGeneration,
  aProcessor,
  aRecorder,
  aSource,
  hostOf,
  range,
  send,
  sorted,
  type Recorder,
  type ToldSource,
} from './support/consumer.js';
import { consumerRig, inOneMinute } from './support/consumer-rig.js';

const rig = consumerRig();

interface Scene {
  first: StartedNamespace;
  second: StartedNamespace;
  source: ToldSource;
  seen: Recorder;
  namespaces: StartedNamespace[];
  options: Pick<FailoverEventProcessorOptions, 'checkpointStore' | 'lastSeen'>;
  processor: ReturnType<typeof aProcessor>;
}

/** 300 events read on the first endpoint, 100 on the second, the first one's generation ended. */
const afterAFailover = async (more: Partial<FailoverEventProcessorOptions> = {}): Promise<Scene> => {
  const [first, second] = [await rig.anEndpoint(), await rig.anEndpoint()];
  const [source, seen, options] = [aSource(), aRecorder(), await rig.stores()];
  const namespaces = [first, second];
  const processor = aProcessor(namespaces, { source, handlers: seen, ...options, ...more });
  source.say('steady', aGeneration(1, first));
  await processor.start();
  send(first, 0, 300);
  await seen.seesAll(300);
  source.say('endpointChanged', aGeneration(1, first), aGeneration(2, second));
  send(second, 300, 400);
  await seen.seesAll(400);
  const draining = aGeneration(1, first, { state: 'draining', drainUntil: inOneMinute() });
  source.say('failoverEnded', draining, aGeneration(2, second));
  await vi.waitUntil(() => processor.state().generations[0]?.state === 'stopped', { timeout: 20_000 });
  return { first, second, source, seen, namespaces, options, processor };
};

const failBack = ({ source, second }: Scene, to: StartedNamespace): void =>
  source.say('endpointChanged', aGeneration(2, second), aGeneration(3, to, { seenBefore: true }));

describe('a failback to the original namespace', () => {
  it('loses and repeats nothing where its offsets go on, also what came when nobody read it', async () => {
    const scene = await afterAFailover();
    const { first, second, seen, processor } = scene;
    send(first, 400, 450);
    failBack(scene, first);
    send(second, 450, 500);
    send(first, 500, 600);
    await seen.seesAll(600);
    await processor.stop();
    expect(sorted(seen.numbers())).toEqual(range(600));
    expect(seen.errors).toEqual([]);
  });

  it.each([
    ['few', 40],
    ['more events than it had read there', 900],
  ])('loses and repeats nothing where its offsets begin anew with %s', async (_, count) => {
    const scene = await afterAFailover();
    const { first, seen, namespaces, processor } = scene;
    const host = hostOf(first);
    await first.close();
    const renewed = await rig.anEndpoint(4, { port: first.port });
    namespaces[0] = renewed;
    expect(hostOf(renewed)).toBe(host);
    send(renewed, 400, 400 + count - 20);
    failBack(scene, renewed);
    send(renewed, 400 + count - 20, 400 + count);
    await seen.seesAll(400 + count);
    await processor.stop();
    expect(sorted(seen.numbers())).toEqual(range(400 + count));
  });

  it('repeats no more than what lies between two checkpoints when the last one was never written', async () => {
    const scene = await afterAFailover({ checkpoint: { kind: 'everyEvents', events: 10 }, maxBatchSize: 10 });
    const { first, seen, processor, options, second, namespaces } = scene;
    await processor.stop();
    // As a crash would leave it: partition 0 was read ten events further than its last written position says.
    const place = { endpoint: hostOf(first), eventHubName: 'hub-events', consumerGroup: '$Default', partitionId: '0' };
    const ofPartition = seen.events.filter(({ generation, partitionId }) => generation === 1 && partitionId === '0');
    const earlier = ofPartition.at(-11)?.event;
    if (earlier === undefined) throw new TypeError('too few events in partition 0');
    const { sequenceNumber, enqueuedTimeUtc } = earlier;
    await options.lastSeen.write(place, { sequenceNumber, enqueuedAt: enqueuedTimeUtc, generation: 1 });

    const source = aSource();
    const again = aProcessor(namespaces, { source, handlers: seen, ...options });
    source.say('verified', aGeneration(2, second), aGeneration(3, first, { seenBefore: true }));
    await again.start();
    send(first, 400, 500);
    await seen.seesAll(500);
    await again.stop();
    expect(new Set(seen.numbers()).size).toBe(500);
    expect(seen.numbers().length).toBe(510);
  });

  it('while the first generation still drains: one reader per partition, nothing lost or repeated', async () => {
    const [first, second] = [await rig.anEndpoint(), await rig.anEndpoint()];
    const [source, seen] = [aSource(), aRecorder()];
    const processor = aProcessor([first, second], { source, handlers: seen, ...(await rig.stores()) });
    source.say('steady', aGeneration(1, first));
    await processor.start();
    send(first, 0, 200);
    await seen.seesAll(200);
    source.say('endpointChanged', aGeneration(1, first), aGeneration(2, second));
    send(second, 200, 300);
    send(first, 300, 400);
    const draining = aGeneration(1, first, { state: 'draining', drainUntil: inOneMinute() });
    source.say('endpointChanged', draining, aGeneration(2, second), aGeneration(3, first, { seenBefore: true }));
    send(first, 400, 500);
    await seen.seesAll(500);
    await processor.stop();
    expect(sorted(seen.numbers())).toEqual(range(500));
    expect(seen.closes.filter(({ reason }) => reason === 'OwnershipLost')).toEqual([]);
    expect(seen.events.filter(({ generation, n }) => generation === 1 && n >= 400)).toEqual([]);
  });
});
