import { describe, expect, it } from 'vitest';
import { range } from '../lab/support/consumer.js';
import { readThroughFailovers } from '../lab/support/consumer-hub-failover.js';
import { consumerRig } from '../lab/support/consumer-rig.js';

const rig = consumerRig();
const late = { endpointChangesInMs: 300_000, forwardingStopsInMs: 450_000 };

describe.each([1, 4, 32])('a hub with %i partitions that fails over and back', (partitions) => {
  it.each([
    { offsetsRestart: true },
    { offsetsRestart: false },
    { offsetsRestart: true, forwardingStopsFirst: true },
    { offsetsRestart: false, timeline: late },
    { failbackToOriginal: false, timeline: late },
    { consumerGroupsLost: false, managementBlocks: false },
  ])('is read through both without loss or repeats: %j', async (options) => {
    const timeScale = partitions === 32 ? 0.015 : 0.006;
    const { accepted, lostWithEndpoint, seen } = await readThroughFailovers(rig, {
      partitions,
      options,
      devices: 64,
      timeScale,
    });
    expect(lostWithEndpoint).toBe(0);
    expect(seen).toEqual(range(accepted));
  });
});
