import { expect, it } from 'vitest';
import { parseDemoOptions } from '../../../lab/demo/options.js';

it('has the documented defaults, and a seed of its own', () => {
  expect(parseDemoOptions([])).toEqual({
    once: false,
    devices: 50,
    modules: 10,
    limitInMs: 120_000,
    seed: expect.any(Number),
  });
});

it('takes every option', () => {
  expect(
    parseDemoOptions('--once --report r.json --devices 500 --modules 0 --seed 42 --limit-seconds 300'.split(' ')),
  ).toEqual({ once: true, report: 'r.json', devices: 500, modules: 0, seed: 42, limitInMs: 300_000 });
});
