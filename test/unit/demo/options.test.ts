import { expect, it } from 'vitest';
import { parseDemoOptions } from '../../../lab/demo/options.js';

it('has the documented defaults, and a seed of its own', () => {
  expect(parseDemoOptions([])).toEqual({
    once: false,
    devices: 50,
    modules: 10,
    limitInMs: 120_000,
    tier: 'off',
    seed: expect.any(Number),
  });
});

it('takes every option', () => {
  expect(
    parseDemoOptions(
      '--once --report r.json --devices 500 --modules 0 --seed 42 --limit-seconds 300 --tier S1'.split(' '),
    ),
  ).toEqual({ once: true, report: 'r.json', devices: 500, modules: 0, seed: 42, limitInMs: 300_000, tier: 'S1' });
});

it('gives a slow tier more time unless told otherwise', () => {
  expect(parseDemoOptions(['--tier', 'S2'])).toMatchObject({ tier: 'S2', limitInMs: 1_800_000 });
  expect(parseDemoOptions(['--tier', 'S3'])).toMatchObject({ tier: 'S3', limitInMs: 120_000 });
  expect(parseDemoOptions(['--tier', 'S2', '--limit-seconds', '5'])).toMatchObject({ limitInMs: 5000 });
});
