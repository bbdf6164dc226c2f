import { expect, it } from 'vitest';
import { planBurst, type BurstOptions, type Change } from '../../../lab/demo/random-change.js';

const options: BurstOptions = {
  identities: [{ deviceId: 'a' }, { deviceId: 'b' }, { deviceId: 'a', moduleId: 'm' }],
  canReport: (key) => key.moduleId === undefined,
  changesPerIdentity: 40,
  passingDevices: 6,
  seed: 7,
};
const textOf = (changes: Change[][]): string => JSON.stringify(changes);

it('the same seed gives the same burst, another seed another one', () => {
  expect(textOf(planBurst(options))).toBe(textOf(planBurst(options)));
  expect(textOf(planBurst(options))).not.toBe(textOf(planBurst({ ...options, seed: 8 })));
});

it('one chain is about one identity, and every identity has one', () => {
  const chains = planBurst(options);
  for (const chain of chains) expect(new Set(chain.map(({ key }) => JSON.stringify(key))).size).toBe(1);
  expect(chains.map((chain) => chain[0]?.key.deviceId)).toEqual([
    'a',
    'b',
    'a',
    ...Array.from({ length: 6 }, (_, index) => `passing-${index + 1}`),
  ]);
});

it('only identities that can report do', () => {
  const reporting = planBurst(options).filter((chain) => chain.some(({ kind }) => kind === 'reported'));
  expect(reporting.map((chain) => chain[0]?.key)).toEqual([{ deviceId: 'a' }, { deviceId: 'b' }]);
});

it('passing devices stay, go, or come back under the same id', () => {
  const lives = planBurst(options)
    .slice(3, 6)
    .map((chain) => chain.map(({ kind }) => kind).filter((kind) => kind !== 'twin'));
  expect(lives).toEqual([['create'], ['create', 'delete'], ['create', 'delete', 'create']]);
});

it('patches hold what is hard: removals, empty and nested objects, arrays, texts that look like dates', () => {
  const text = textOf(planBurst(options));
  for (const hard of [':null', ':{}', ':[', '+02:00"', '""', '":{"']) expect(text).toContain(hard);
});
