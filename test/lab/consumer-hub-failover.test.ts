import { describe, expect, it } from 'vitest';
import { range } from './support/consumer.js';
import { readThroughFailovers, type HubFailoverScene } from './support/consumer-hub-failover.js';
import { consumerRig } from './support/consumer-rig.js';

const rig = consumerRig();

describe('a hub that fails over and back', () => {
  // More of them: test/long/consumer-hub-failover.test.ts
  it.each<HubFailoverScene>([
    { partitions: 1, options: { offsetsRestart: true } },
    { partitions: 4, options: { offsetsRestart: false, forwardingStopsFirst: true } },
  ])('is read through both by ARM alone without loss or repeats: %j', async (scene) => {
    const { accepted, lostWithEndpoint, seen } = await readThroughFailovers(rig, scene);
    expect(lostWithEndpoint).toBe(0);
    expect(seen).toEqual(range(accepted));
  });
});
