import { describe, expect, it } from 'vitest';
import { problemsOf, rehearse } from '../integration/support/rehearse.js';

/** Each switch of the laboratory: off and on. */
const switches: readonly [off: string, on: string][] = [
  ['--forwarding-stops-first no', '--forwarding-stops-first yes'],
  ['--consumer-groups-lost no', '--consumer-groups-lost yes'],
  ['--roll-back-minutes 0', '--roll-back-minutes 5'],
  ['--interim-state FailingOver', '--interim-state Transitioning'],
  ['--devices-black-holed no', '--devices-black-holed yes'],
  ['--management-blocks no', '--management-blocks yes'],
  ['--failback-to-original no', '--failback-to-original yes'],
  ['--offsets-restart no', '--offsets-restart yes'],
];
const counts = [1, 4, 32] as const;

/** Plackett and Burman's twelve runs: in any two columns each pair of values occurs three times, so each pair of switches is tried in all four ways. */
const generator = [1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0];
const runs = [
  ...generator.map((_, row) => generator.map((_, column) => generator[(column - row + 11) % 11] ?? 0)),
  generator.map(() => 0),
];
/** By two columns that no switch has: any three columns hold all eight combinations, so each switch meets each number both ways. */
const partitionsOf = (run: readonly number[]): number => counts[(run[8] ?? 0) + (run[9] ?? 0)] ?? 4;

describe('every pair of switches, failover and failback', () => {
  it('is among the runs', () => {
    for (let a = 0; a < switches.length; a += 1)
      for (let b = a + 1; b < switches.length; b += 1)
        expect(new Set(runs.map((run) => `${run[a]}${run[b]}`))).toEqual(new Set(['00', '01', '10', '11']));
  });

  it('plays each switch both ways with each number of partitions', () => {
    for (let column = 0; column < switches.length; column += 1)
      expect(new Set(runs.map((run) => `${run[column]} ${partitionsOf(run)}`)).size).toBe(2 * counts.length);
  });

  it.each(
    runs.map((run) => ({
      args: switches.map((names, column) => names[run[column] ?? 0] ?? ''),
      count: partitionsOf(run),
    })),
  )('loses nothing with $count partitions and $args', async ({ args, count }) => {
    const report = await rehearse([
      '--failback',
      '--partitions',
      String(count),
      ...args.flatMap((arg) => arg.split(' ')),
    ]);
    expect(problemsOf(report)).toEqual([]);
  });
});
