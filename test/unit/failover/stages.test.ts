import { describe, expect, it } from 'vitest';
import { failoverStages } from '../../../src/consumers-document.js';
import { enter } from '../../../src/failover/enter-stage.js';
import { refuseTransition, transitions } from '../../../src/failover/stages.js';
import { times, watching } from './watching.js';

describe('transitions of a consumer failover', () => {
  it('are these', () => {
    const allowed = failoverStages.map((from) => [
      from,
      failoverStages.filter((to) => refuseTransition(from, to) === undefined),
    ]);
    expect(Object.fromEntries(allowed)).toEqual({
      steady: ['failoverStarted', 'endpointChanged'],
      failoverStarted: ['steady', 'endpointChanged'],
      endpointChanged: ['steady', 'endpointChanged', 'failoverEnded'],
      failoverEnded: ['steady', 'endpointChanged', 'verified', 'unverified'],
      verified: ['steady', 'failoverStarted', 'endpointChanged'],
      unverified: ['steady', 'failoverStarted', 'endpointChanged', 'verified'],
    });
  });

  it('have an end at steady from everywhere', () => {
    for (const from of failoverStages) {
      const reached = new Set<string>([from]);
      for (const stage of reached) for (const next of transitions[stage as keyof typeof transitions]) reached.add(next);
      expect(reached).toContain('steady');
    }
  });

  it.each([
    ['steady', 'verified', 'steadyToVerified'],
    ['steady', 'failoverEnded', 'steadyToFailoverEnded'],
    ['failoverStarted', 'verified', 'failoverStartedToVerified'],
    ['verified', 'unverified', 'verifiedToUnverified'],
  ] as const)('refuse %s -> %s by name', (from, to, name) => {
    expect(refuseTransition(from, to)).toBe(name);
  });

  it('are the only way into a stage', () => {
    const { state } = watching();
    expect(() => enter(state(), { stage: 'verified', reason: 'By hand.' }, new Date(), times)).toThrow(
      expect.objectContaining({ code: 'stageRefused', message: 'stages: steadyToVerified' }),
    );
  });
});
