/** One wrong rule: `from`, which stands once in `file`, becomes `to`, and a test of `tests` must fail by an assertion. */
export interface Mutant {
  /** What the product does wrong with it. */
  wrong: string;
  file: string;
  from: string;
  to: string;
  tests: readonly string[];
}

type Change = [wrong: string, from: string, to: string];

export const mutantsOf = (file: string, tests: readonly string[], changes: readonly Change[]): Mutant[] =>
  changes.map(([wrong, from, to]) => ({ wrong, file: `src/${file}.ts`, from, to, tests }));

export const ofTwins = (...names: string[]) => names.map((name) => `test/unit/twin/${name}.test.ts`);
export const ofRegistry = (...names: string[]) => names.map((name) => `test/unit/registry/${name}.test.ts`);
export const ofRouting = (...names: string[]) => names.map((name) => `test/unit/routing/${name}.test.ts`);
