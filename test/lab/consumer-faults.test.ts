import { describe, expect, it, vi } from 'vitest';
import { AppError } from '../../src/errors.js';
import { aGeneration, aProcessor, aRecorder, aSource, range, send, sorted } from './support/consumer.js';
import { consumerRig } from './support/consumer-rig.js';

const rig = consumerRig();
const codes = (errors: readonly unknown[]): unknown[] =>
  errors.map((error) => (error instanceof AppError ? error.code : error));

describe('an endpoint in trouble', () => {
  it('whose packets vanish: the client is made anew and goes on where it was', async () => {
    const endpoint = await rig.anEndpoint();
    const [source, seen] = [aSource(), aRecorder()];
    const limits = { silenceLimitInMs: 1500 };
    const processor = aProcessor([endpoint], { source, handlers: seen, ...(await rig.stores()), ...limits });
    source.say('steady', aGeneration(1, endpoint));
    await processor.start();
    send(endpoint, 0, 200);
    await seen.seesAll(200);
    endpoint.setShape?.({ blackHole: true });
    send(endpoint, 200, 300);
    await vi.waitUntil(() => codes(seen.errors).includes('eventHubSilent'), { timeout: 10_000 });
    endpoint.setShape?.({});
    await seen.seesAll(300);
    await processor.stop();
    expect(sorted(seen.numbers())).toEqual(range(300));
    expect(seen.opened).toHaveLength(4);
    expect(seen.closes.map(({ reason }) => reason)).toEqual(Array(4).fill('Shutdown'));
  });

  it('that is only quiet keeps its client', async () => {
    const endpoint = await rig.anEndpoint();
    const [source, seen] = [aSource(), aRecorder()];
    const limits = { silenceLimitInMs: 800, balanceIntervalInMs: 100 };
    const processor = aProcessor([endpoint], { source, handlers: seen, ...(await rig.stores()), ...limits });
    source.say('steady', aGeneration(1, endpoint));
    await processor.start();
    send(endpoint, 0, 10);
    await seen.seesAll(10);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    send(endpoint, 10, 20);
    await seen.seesAll(20);
    expect(seen.errors).toEqual([]);
    await processor.stop();
  });

  it('that stops and comes back is read on without loss', async () => {
    const endpoint = await rig.anEndpoint();
    const [source, seen] = [aSource(), aRecorder()];
    const processor = aProcessor([endpoint], { source, handlers: seen, ...(await rig.stores()) });
    source.say('steady', aGeneration(1, endpoint));
    await processor.start();
    send(endpoint, 0, 100);
    await seen.seesAll(100);
    await endpoint.stop();
    send(endpoint, 100, 200);
    await vi.waitUntil(() => codes(seen.errors).includes('eventHubSilent'), { timeout: 20_000 });
    await endpoint.resume();
    await seen.seesAll(200);
    await processor.stop();
    expect(sorted(seen.numbers())).toEqual(range(200));
  });

  describe('that was replaced', () => {
    const aReplaced = async () => {
      const [first, second] = [await rig.anEndpoint(), await rig.anEndpoint()];
      const [source, seen] = [aSource(), aRecorder()];
      const limits = { silenceLimitInMs: 1000 };
      const processor = aProcessor([first, second], { source, handlers: seen, ...(await rig.stores()), ...limits });
      source.say('steady', aGeneration(1, first));
      await processor.start();
      send(first, 0, 50);
      await seen.seesAll(50);
      const say = (drainsForInMs: number): void => {
        const drainUntil = new Date(Date.now() + drainsForInMs).toISOString();
        source.say('failoverEnded', aGeneration(1, first, { state: 'draining', drainUntil }), aGeneration(2, second));
      };
      const end = async (): Promise<Set<string>> => {
        await vi.waitUntil(() => processor.state().generations[0]?.state === 'stopped', { timeout: 20_000 });
        const reasons = new Set(seen.closes.map(({ reason }) => reason));
        await processor.stop();
        return reasons;
      };
      return { first, second, seen, processor, say, end };
    };

    it('and where nobody listens any more: its generation ends as gone, the new one is read', async () => {
      const { first, second, seen, say, end } = await aReplaced();
      await first.stop();
      say(60_000);
      send(second, 50, 100);
      await seen.seesAll(100);
      expect(await end()).toEqual(new Set(['EndpointGone']));
    });

    it('and does not answer: it is waited for until the limit, for it may hold unread events', async () => {
      const { first, seen, processor, say, end } = await aReplaced();
      first.setShape?.({ blackHole: true });
      send(first, 50, 60);
      say(60_000);
      await vi.waitUntil(() => codes(seen.errors).filter((code) => code === 'eventHubSilent').length >= 2, {
        timeout: 20_000,
      });
      expect(processor.state().generations[0]?.state).toBe('draining');
      first.setShape?.({});
      await seen.seesAll(60);
      expect(await end()).toEqual(new Set(['GenerationEnded']));
    });

    it('and is away at its limit: its generation ends as gone', async () => {
      const { first, seen, say, end } = await aReplaced();
      first.setShape?.({ blackHole: true });
      say(60_000);
      await vi.waitUntil(() => codes(seen.errors).includes('eventHubSilent'), { timeout: 20_000 });
      say(0);
      expect(await end()).toEqual(new Set(['EndpointGone']));
    });
  });

  it('that refuses the key is read with the one that is asked for anew', async () => {
    const endpoint = await rig.anEndpoint(1);
    const [source, seen] = [aSource(), aRecorder()];
    const asked: string[] = [];
    const processor = aProcessor(
      [endpoint],
      {
        source,
        handlers: seen,
        ...(await rig.stores()),
        sharedKey: async () => {
          asked.push('asked');
          return { name: 'policy', key: asked.length === 1 ? 'c3RhbGU=' : 'ZnJlc2g=' };
        },
      },
      {
        keyAskAgainInMs: 0,
        connectionStringOf: (_, { key }) =>
          `${key === 'ZnJlc2g=' ? endpoint.connectionString : endpoint.connectionString.replace(/SharedAccessKey=[^;]+/, 'SharedAccessKey=c3RhbGU=')};EntityPath=hub-events`,
      },
    );
    source.say('steady', aGeneration(1, endpoint));
    await processor.start();
    send(endpoint, 0, 10);
    await seen.seesAll(10);
    await processor.stop();
    expect(asked).toHaveLength(2);
  });
});
