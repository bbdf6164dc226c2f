import { expect, it } from 'vitest';
import { compareHubs } from '../../../lab/compare/compare-hubs.js';
import { describeDifferences } from '../../../lab/demo/snapshots.js';
import { countLost } from '../../../lab/demo/totals.js';
import { anEntry } from '../compare/an-entry.js';

const differences = compareHubs(
  [anEntry('a', { tags: { x: 1 }, desired: { y: 1 } }), anEntry('b'), anEntry('b', { moduleId: 'm' })],
  [anEntry('a')],
);

it('counts each identity that differs once', () => {
  expect(differences).toHaveLength(4);
  expect(countLost(differences, 0)).toBe(3);
  expect(countLost([], 0)).toBe(0);
});

it('what may be among the parked is not lost', () => {
  expect(countLost(differences, 2)).toBe(1);
  expect(countLost(differences, 5)).toBe(0);
});

it('names how many and the first few differences', () =>
  expect(describeDifferences(differences)).toBe(
    '4 differences (different a tags/x, different a desired/y, missing b identity, ...)',
  ));
