import { expect, it } from 'vitest';
import { forbiddenSteps } from '../../../lab/rehearsal/allowed-order.js';
import { transitions } from '../../../src/failover/stages.js';

const forbidden = (stages: string): string[] => forbiddenSteps(stages.split(' '));

it.each([
  'steady failoverStarted endpointChanged failoverEnded verified steady',
  'steady endpointChanged failoverEnded unverified verified failoverStarted endpointChanged failoverEnded verified',
  'steady failoverStarted steady failoverStarted endpointChanged endpointChanged failoverEnded endpointChanged',
  'steady',
])('%s is allowed', (stages) => expect(forbidden(stages)).toEqual([]));

it('names each step that is not', () => {
  expect(forbidden('steady verified')).toEqual(['steady -> verified']);
  expect(forbidden('steady failoverStarted failoverEnded verified endpointChanged verified')).toEqual([
    'failoverStarted -> failoverEnded',
    'endpointChanged -> verified',
  ]);
  expect(forbidden('steady elsewhere steady')).toEqual(['steady -> elsewhere', 'elsewhere -> steady']);
});

it('is the order that the app keeps to, step by step', () => {
  const stages = Object.keys(transitions) as (keyof typeof transitions)[];
  for (const from of stages)
    for (const to of stages) {
      const isAllowed = (transitions[from] as readonly string[]).includes(to);
      expect([from, to, forbiddenSteps([from, to]).length === 0]).toEqual([from, to, isAllowed]);
    }
});
