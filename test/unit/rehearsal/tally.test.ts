import { expect, it } from 'vitest';
import { createTally, lostByUs, type Numbered, type Tally } from '../../../lab/rehearsal/tally.js';

const numbered = (sequence: number, deviceId = 'a'): Numbered => ({ deviceId, sequence });
const tallyOf = (...seen: readonly [sequence: number, generation?: number, deviceId?: string][]): Tally => {
  const tally = createTally();
  for (const [sequence, generation = 1, deviceId] of seen) tally.add(numbered(sequence, deviceId), generation);
  return tally;
};

it('counts each message once, and what comes again apart, of whatever generation', () => {
  const tally = tallyOf([1], [2], [2], [2, 2], [1, 1, 'b']);
  expect([tally.distinct, tally.repeated]).toEqual([3, 2]);
  expect([tally.has(numbered(2)), tally.has(numbered(2, 'b'))]).toEqual([true, false]);
});

it('counts what comes behind a later one of its device', () => {
  expect(tallyOf([1], [3], [2], [4]).outOfOrder).toBe(1);
  expect(tallyOf([2], [1, 1, 'b'], [3]).outOfOrder).toBe(0);
});

it('does not count repetitions, nor a generation beside another, as out of order', () => {
  expect(tallyOf([1], [2], [3], [1], [2], [4]).outOfOrder).toBe(0);
  expect(tallyOf([1], [4, 2], [2], [5, 2], [3]).outOfOrder).toBe(0);
  // Within the younger one it is.
  expect(tallyOf([1], [5, 2], [2], [4, 2]).outOfOrder).toBe(1);
});

it('names what the hub accepted and a reader never saw, but for what is excused', () => {
  const accepted = [1, 2, 3].map((sequence) => numbered(sequence));
  expect(lostByUs(accepted, [], tallyOf([1], [3]))).toEqual([numbered(2)]);
  expect(lostByUs(accepted, [numbered(2)], tallyOf([1]))).toEqual([numbered(3)]);
  expect(lostByUs(accepted, [numbered(2, 'b')], tallyOf([1], [3]))).toEqual([numbered(2)]);
});
