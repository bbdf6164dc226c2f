import { expect, it } from 'vitest';
import { unverifiedFailovers } from '../../../lab/rehearsal/verification.js';
import { aRecord, aView } from './an-evidence.js';

const problems = (asked: number, ...records: string[]): string[] =>
  unverifiedFailovers(aView(...records.map((stages) => aRecord(...stages.split(' ')))).history, asked);
const whole = 'failoverStarted endpointChanged failoverEnded verified';

it.each([
  [1, [whole]],
  [1, ['endpointChanged failoverEnded unverified verified']],
  [1, ['failoverStarted steady', whole]],
  [1, ['endpointChanged failoverEnded endpointChanged failoverEnded verified steady']],
  [2, [whole, whole]],
])('%i failovers with these stages are verified: %j', (asked, records) => {
  expect(problems(asked, ...records)).toEqual([]);
});

it('names the one that was not', () => {
  expect(problems(2, whole, 'failoverStarted endpointChanged failoverEnded unverified')).toEqual([
    'failover 2 was not verified',
  ]);
  expect(problems(1, `${whole} endpointChanged failoverEnded`)).toEqual(['failover 1 was not verified']);
});

it('says how many were seen when one was missed', () => {
  expect(problems(2, whole)).toEqual(['the watch saw 1 of 2 failovers']);
  expect(problems(1)).toEqual(['the watch saw 0 of 1 failovers']);
  expect(problems(2, 'endpointChanged failoverEnded')).toEqual([
    'the watch saw 1 of 2 failovers',
    'failover 1 was not verified',
  ]);
});
