import { describe, expect, it } from 'vitest';
import { createPacing } from '../../../src/azure/pace-hubs.js';
import type { HubRole } from '../../../src/hub-model.js';
import type { HubGate } from '../../../src/pacing/hub-gate.js';
import { aClock, aLogger } from '../support/fakes.js';

/** How many twin writes pass without a wait. */
const atOnce = async (gate: HubGate): Promise<number> => {
  for (let passed = 0; passed < 1000; passed += 1) {
    const outcome = await gate.enter({ lane: 'twinWrite', maxWaitInMs: 0 }).then(
      () => 'passed',
      () => 'later',
    );
    if (outcome === 'later') return passed;
  }
  return Infinity;
};

const setUp = (primary: 'off' | 'S1') => {
  const clock = aClock('2026-01-01T12:00:00.000Z');
  const state: { active: HubRole } = { active: 'primary' };
  const pacing = createPacing({
    pacing: {
      hubs: { primary: { tier: primary, units: 1 }, secondary: { tier: 'S3', units: 1 } },
      throttleShare: 0.8,
      quotaShare: 0.5,
    },
    mirror: { direction: { decide: async () => ({ kind: 'apply' }) }, activeHub: async () => state.active },
    store: { report: async (_hub, row) => [row] },
    instanceId: 'a',
    clock,
    logger: aLogger(),
  });
  return { gates: pacing.gates, clock, state };
};

describe('the budgets of both hubs', () => {
  it('are each its own, whichever is the standby: after a flip the primary is paced by its tier, not by the other one', async () => {
    const { gates, state } = setUp('S1');
    // 80 % of S3's 250 and of S1's 50 writes a second.
    expect(await atOnce(gates.secondary)).toBe(200);
    expect(await atOnce(gates.primary)).toBe(Infinity);
    state.active = 'secondary';
    expect(await atOnce(gates.primary)).toBe(40);
    expect(await atOnce(gates.secondary)).toBe(Infinity);
  });

  it('are none where the tier of a hub is not set, though that of the other is', async () => {
    const { gates, state } = setUp('off');
    state.active = 'secondary';
    expect(await atOnce(gates.primary)).toBe(Infinity);
  });
});
