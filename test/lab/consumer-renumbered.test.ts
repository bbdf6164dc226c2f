import { describe, expect, it, vi } from 'vitest';
import { aGeneration, aProcessor, aRecorder, aSource, range, send, sorted } from './support/consumer.js';
import { consumerRig, inOneMinute } from './support/consumer-rig.js';

const rig = consumerRig();

describe('generations that are numbered from 1 again', () => {
  it.each([
    ['goes on', false],
    ['has begun anew since', true],
  ])('make nobody trust the checkpoints of the first bearer of a number, where the log %s', async (_, isNewLog) => {
    const [first, second] = [await rig.anEndpoint(), await rig.anEndpoint()];
    const [seen, stores, namespaces] = [aRecorder(), await rig.stores(), [first, second]];
    const source = aSource();
    const before = aProcessor(namespaces, { source, handlers: seen, ...stores });
    source.say('steady', aGeneration(1, first));
    await before.start();
    send(first, 0, 200);
    await seen.seesAll(200);
    source.say('endpointChanged', aGeneration(1, first), aGeneration(2, second));
    const drained = { state: 'draining', drainUntil: inOneMinute() } as const;
    source.say('failoverEnded', aGeneration(1, first, drained), aGeneration(2, second));
    await vi.waitUntil(() => before.state().generations[0]?.state === 'stopped', { timeout: 20_000 });
    source.say('endpointChanged', aGeneration(2, second), aGeneration(3, first, { seenBefore: true }));
    send(first, 200, 300);
    await seen.seesAll(300);
    await before.stop();

    let endpoint = first;
    if (isNewLog) {
      await first.close();
      endpoint = namespaces[0] = await rig.anEndpoint(4, { port: first.port });
    }
    send(endpoint, 300, 900);
    const anew = aSource();
    const after = aProcessor(namespaces, { source: anew, handlers: seen, ...stores });
    anew.say('steady', aGeneration(1, endpoint));
    await after.start();
    await seen.seesAll(900);
    await after.stop();
    expect(sorted(seen.numbers())).toEqual(range(900));
  });
});
