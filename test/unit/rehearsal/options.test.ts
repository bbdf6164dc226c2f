import { expect, it } from 'vitest';
import { courseOf, failoverOptions } from '../../../lab/hub-failover/options.js';
import { parseRehearsalOptions } from '../../../lab/rehearsal/options.js';
import { boundInMs, pollInSeconds } from '../../../lab/rehearsal/times.js';

const parsed = (args: string) => parseRehearsalOptions(args.split(' ').filter(Boolean));
const course = (args: string): [string, number][] =>
  courseOf(failoverOptions(parsed(args).failover)).map(({ moment, inMs }) => [moment, inMs]);

it('has the documented defaults, and a seed of its own', () => {
  expect(parsed('')).toMatchObject({
    once: false,
    devices: 20,
    rate: 5,
    partitions: 4,
    consumers: 2,
    failback: false,
    seed: expect.any(Number),
    limitInMs: 120_000 + 4 * 552_000 * 0.08,
    failover: { timeScale: 0.08, forwardingStopsFirst: false, consumerGroupsLost: true, managementBlocks: true },
  });
});

it('gives the laboratory only what is an option of its failovers', () => {
  expect(() =>
    failoverOptions(parsed('--once --failback --data-flows-at-once yes --limits yes').failover),
  ).not.toThrow();
  expect(parsed('--data-flows-at-once no').failover).not.toHaveProperty('timeline');
});

it.each(['no', 'yes'])('lets data flow when the endpoint is shown, with --forwarding-stops-first %s', (stopsFirst) => {
  const args = `--time-scale 1 --data-flows-at-once yes --forwarding-stops-first ${stopsFirst}`;
  expect(course(args)).toEqual([
    ['forwardingStopped', 123_000],
    ['endpointChanged', 552_000],
    ['active', 552_000],
    ['dataFlows', 552_000],
  ]);
});

it.each([
  ['0.01', 1, 1, 2000],
  ['0.08', 2.4, 1, 2000],
  ['0.4', 12, 2, 3000],
  ['1', 30, 5, 6000],
])(
  'at time scale %s polls every %d s, in a failover every %d s: the bound is %d ms',
  (scale, steady, failover, bound) => {
    const options = parsed(`--time-scale ${scale}`);
    const poll = pollInSeconds(options);
    expect(poll.steady).toBeCloseTo(steady);
    expect(poll.failover).toBeCloseTo(failover);
    expect(boundInMs(options, 1)).toBeCloseTo(bound);
  },
);
