import type { CheckpointStore } from '@azure/event-hubs';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { SharedKey } from '../../src/consumer/contract.js';
import { aGeneration, aProcessor, aRecorder, aSource } from './support/consumer.js';
import { consumerRig } from './support/consumer-rig.js';

const rig = consumerRig();

describe('a key that comes only after the end', () => {
  it.each([
    ['stop()', 'stopped' as const],
    ['the end of its generation', 'ended' as const],
  ])('of %s makes no client: nothing is claimed and no connection is opened', async (_, how) => {
    const [endpoint, other] = [await rig.anEndpoint(1), await rig.anEndpoint(1)];
    const [source, stores] = [aSource(), await rig.stores()];
    const key = Promise.withResolvers<SharedKey>();
    const sharedKey = vi.fn(() => key.promise);
    const connectionStringOf = vi.fn(() => `${endpoint.connectionString};EntityPath=hub-events`);
    const calls: string[] = [];
    const checkpointStore = new Proxy<CheckpointStore>(stores.checkpointStore, {
      get: (store, name: keyof CheckpointStore) => {
        calls.push(name);
        return store[name].bind(store);
      },
    });
    const options = { source, ...stores, checkpointStore, sharedKey, handlers: aRecorder() };
    const processor = aProcessor([endpoint, other], options, { connectionStringOf });
    source.say('steady', aGeneration(1, endpoint));
    await processor.start();
    await vi.waitUntil(() => sharedKey.mock.calls.length === 1);
    if (how === 'ended') {
      source.say('steady', aGeneration(1, endpoint, { state: 'stopped' }));
      await vi.waitUntil(() => processor.state().generations[0]?.state === 'stopped');
    } else await processor.stop();
    calls.length = 0;
    key.resolve({ name: 'policy', key: 'a2V5' });
    await turnOfTheLoop();
    expect(connectionStringOf).not.toHaveBeenCalled();
    expect(calls).toEqual([]);
    await processor.stop();
  });
});
