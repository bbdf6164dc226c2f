import { describe, expect, it, vi } from 'vitest';
import type { StartedNamespace as Namespace } from '../../lab/event-hubs/namespace.js';
import { aGeneration, aProcessor, aRecorder, aSource, numberOf, range, send, sorted } from './support/consumer.js';
import { consumerRig, inOneMinute } from './support/consumer-rig.js';

const rig = consumerRig();

describe.each([1, 4])('a failover with %i partitions', (partitions) => {
  it('reads the new endpoint beside the old one, and ends the old one when it is drained, without loss or repeats', async () => {
    const [first, second] = [await rig.anEndpoint(partitions), await rig.anEndpoint(partitions)];
    const source = aSource();
    const seen = aRecorder();
    const processor = aProcessor([first, second], { source, handlers: seen, ...(await rig.stores()) });
    source.say('steady', aGeneration(1, first));
    await processor.start();
    send(first, 0, 200);
    await seen.seesAll(200);

    source.say('endpointChanged', aGeneration(1, first), aGeneration(2, second));
    // Both orders: late events of the old endpoint, early ones of the new one.
    send(second, 200, 300);
    send(first, 300, 400);
    await seen.seesAll(400);
    expect(processor.state().generations.map(({ state }) => state)).toEqual(['running', 'running']);

    send(first, 400, 500);
    source.say(
      'failoverEnded',
      aGeneration(1, first, { state: 'draining', drainUntil: inOneMinute() }),
      aGeneration(2, second),
    );
    await vi.waitUntil(() => processor.state().generations[0]?.state === 'stopped', { timeout: 20_000 });
    expect(sorted(seen.numbers())).toEqual(range(500));
    expect(new Set(seen.closes.map(({ generation, reason }) => `${generation}/${reason}`))).toEqual(
      new Set(['1/GenerationEnded']),
    );
    send(second, 500, 600);
    await seen.seesAll(600);
    await processor.stop();
    expect(sorted(seen.numbers())).toEqual(range(600));
    expect(seen.errors).toEqual([]);
  });
});

describe('a generation that drains', () => {
  const drains = (source: ReturnType<typeof aSource>, first: Namespace, second: Namespace) =>
    source.say(
      'failoverEnded',
      aGeneration(1, first, { state: 'draining', drainUntil: inOneMinute() }),
      aGeneration(2, second),
    );

  it('is told as drained though nothing came since long, with the partitions that never had an event', async () => {
    const [first, second] = [await rig.anEndpoint(4), await rig.anEndpoint(1)];
    const [source, seen] = [aSource(), aRecorder()];
    const processor = aProcessor([first, second], { source, handlers: seen, ...(await rig.stores()) });
    source.say('steady', aGeneration(1, first));
    await processor.start();
    send(first, 0, 20, 1);
    await vi.waitUntil(() => source.told.at(-1)?.partitions[0]?.lag === 0, { timeout: 20_000 });
    const mark = source.told.length;
    drains(source, first, second);
    await vi.waitUntil(() => source.told.length > mark, { timeout: 20_000 });
    const [last] = source.told.slice(mark);
    expect(last).toMatchObject({ generation: 1 });
    expect(last?.partitions.map(({ lag }) => lag)).toEqual([0, 0, 0, 0]);
    expect(sorted(last?.partitions.map(({ sequenceNumber }) => sequenceNumber) ?? [])).toEqual([-1, -1, -1, 19]);
    await processor.stop();
  });

  it('with manual checkpoints goes on until they reach its end', async () => {
    const [first, second] = [await rig.anEndpoint(1), await rig.anEndpoint(1)];
    const source = aSource();
    let checkpoint = async (): Promise<void> => undefined;
    const seen = aRecorder({
      processEvents: async (events, partition) => {
        if (partition.generation === 1) checkpoint = () => partition.checkpoint(events.at(-1));
        for (const event of events) seen.events.push({ ...partition, n: numberOf(event), event });
      },
    });
    const manual = { checkpoint: { kind: 'manual' } } as const;
    const stores = await rig.stores();
    const listed = vi.spyOn(stores.checkpointStore, 'listCheckpoints');
    const processor = aProcessor([first, second], { source, handlers: seen, ...manual, ...stores });
    drains(source, first, second);
    await processor.start();
    send(first, 0, 20);
    await seen.seesAll(20);
    // Each look at a generation that drains asks for its checkpoints; two without anything new end it.
    const mark = listed.mock.calls.length;
    await vi.waitUntil(() => listed.mock.calls.length > mark + 4, { timeout: 20_000 });
    expect(processor.state().generations[0]?.state).toBe('draining');
    await checkpoint();
    await vi.waitUntil(() => processor.state().generations[0]?.state === 'stopped', { timeout: 20_000 });
    await processor.stop();
  });
});
