import { describe, expect, it, vi } from 'vitest';
import { aGeneration, aProcessor, aRecorder, aSource, range, send, sorted } from './support/consumer.js';
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
