import { describe, expect, it, vi } from 'vitest';
import type { GenerationSource } from '../../src/consumer/contract.js';
import { AppError } from '../../src/errors.js';
import { aGeneration, aProcessor, aRecorder, aSource, numberOf, range, send, sorted } from './support/consumer.js';
import { consumerRig, inOneMinute } from './support/consumer-rig.js';

const rig = consumerRig();

/** What becomes of an error once it was told. */
const ends: [string, () => unknown][] = [
  [
    'throws',
    () => {
      throw new TypeError('no place for errors');
    },
  ],
  ['rejects', async () => Promise.reject(new TypeError('no place for errors'))],
];

/** A source that gives up when it is first followed. */
const aFailingSource = () => {
  const source = aSource();
  let failures = 0;
  const failing: GenerationSource = {
    ...source,
    follow: async (listener, options) => {
      failures += 1;
      if (failures > 1) return source.follow(listener, options);
      options.onError(new TypeError('told by the source'));
      throw new TypeError('gave up');
    },
  };
  return { source, failing, failures: () => failures };
};

describe.each(ends)('an onError that %s', (_how, end) => {
  it('holds up neither parking, nor following, nor the end of a generation', async () => {
    const [first, second] = [await rig.anEndpoint(1), await rig.anEndpoint(1)];
    const { source, failing, failures } = aFailingSource();
    const told: unknown[] = [];
    const seen = aRecorder({
      onError: (error) => {
        told.push(error);
        return end();
      },
      processEvents: async (events, partition) => {
        if (events.some((event) => numberOf(event) === 7)) throw new TypeError('cannot take 7');
        for (const event of events) seen.events.push({ ...partition, n: numberOf(event), event });
      },
      processError: async () => {
        throw new TypeError('nor for these');
      },
      processClose: async (reason, { generation, partitionId }) => {
        seen.closes.push({ generation, partitionId, reason });
        throw new TypeError('cannot close either');
      },
    });
    const options = { source: failing, handlers: seen, ...(await rig.stores()), silenceLimitInMs: 1000 };
    const processor = aProcessor([first, second], options);
    source.say('steady', aGeneration(1, first));
    send(first, 0, 20);
    await processor.start();
    await seen.seesAll(19);
    expect(failures()).toBe(2);
    expect(seen.parked).toEqual([7]);

    await first.stop();
    send(first, 20, 40);
    const isSilent = (error: unknown): boolean => error instanceof AppError && error.code === 'eventHubSilent';
    await vi.waitUntil(() => told.some(isSilent), { timeout: 20_000 });
    await first.resume();
    const draining = aGeneration(1, first, { state: 'draining', drainUntil: inOneMinute() });
    source.say('failoverEnded', draining, aGeneration(2, second));
    send(second, 40, 60);
    await seen.seesAll(59);
    await vi.waitUntil(() => processor.state().generations[0]?.state === 'stopped', { timeout: 20_000 });
    await processor.stop();
    expect(sorted(seen.numbers())).toEqual(range(60).filter((n) => n !== 7));
    expect(seen.closes.map(({ reason }) => reason)).toEqual(['GenerationEnded', 'Shutdown']);
  });
});
