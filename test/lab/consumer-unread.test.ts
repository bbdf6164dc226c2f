import { describe, expect, it, vi } from 'vitest';
import { isAppError } from '../../src/errors.js';
import {
  aGeneration,
  aProcessor,
  aRecorder,
  aSource,
  hostOf,
  numberOf,
  send,
  type Recorder,
} from './support/consumer.js';
import { consumerRig, inOneMinute } from './support/consumer-rig.js';

const rig = consumerRig();

/** Generation 1 drains; ten of its forty events were handled, and the handler waits with the next ten. */
const aSlowDrain = async () => {
  const [first, second] = [await rig.anEndpoint(1), await rig.anEndpoint(1)];
  const source = aSource();
  const seen: Recorder = aRecorder({
    processEvents: async (events, { generation, partitionId, signal }) => {
      if (generation === 1 && seen.events.length > 0)
        await new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new Error('let go')), { once: true });
        });
      for (const event of events) seen.events.push({ generation, partitionId, n: numberOf(event), event });
    },
  });
  const processor = aProcessor([first, second], {
    source,
    handlers: seen,
    ...(await rig.stores()),
    maxBatchSize: 10,
  });
  const draining = (drainUntil: string) => aGeneration(1, first, { state: 'draining', drainUntil });
  send(first, 0, 40);
  source.say('failoverEnded', draining(inOneMinute()), aGeneration(2, second));
  await processor.start();
  await vi.waitUntil(() => source.told.some(({ partitions }) => partitions.some(({ lag }) => lag === 30)), {
    timeout: 20_000,
  });
  const unread = async (): Promise<unknown[]> => {
    await vi.waitUntil(() => processor.state().generations[0]?.state === 'stopped', { timeout: 20_000 });
    await processor.stop();
    return seen.errors.filter((error) => isAppError(error, 'endedUnread'));
  };
  return { first, second, source, seen, draining, unread };
};

describe('a generation that ends before everything in it was read', () => {
  it('by its limit tells onError how much stays unread', async () => {
    const { first, second, source, draining, unread } = await aSlowDrain();
    source.say('failoverEnded', draining(new Date().toISOString()), aGeneration(2, second));
    expect(await unread()).toMatchObject([{ message: expect.stringContaining(`generation 1 on ${hostOf(first)}`) }]);
  });

  it('by its source too', async () => {
    const { first, second, source, unread } = await aSlowDrain();
    source.say('steady', aGeneration(1, first, { state: 'stopped' }), aGeneration(2, second));
    expect(await unread()).toMatchObject([
      { code: 'endedUnread', message: expect.stringContaining('at least 30 events stay unread (by partition 0: 30)') },
    ]);
  });

  it('but not where a newer generation reads on at the same endpoint', async () => {
    const { first, second, source, draining, unread } = await aSlowDrain();
    const back = aGeneration(3, first, { seenBefore: true });
    source.say('endpointChanged', draining(inOneMinute()), aGeneration(2, second), back);
    expect(await unread()).toEqual([]);
  });
});
