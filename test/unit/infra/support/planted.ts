import { expect, it } from 'vitest';
import { plant, readInfra, type Infra } from './infra-files.js';

/** What is wrong, one sentence each. */
export type Check = (infra: Infra) => string[];

/** Each check, and what it must find: file, what is replaced there, by what, what is found. */
export type Checks = Record<string, { check: Check; planted: [string, string | RegExp, string, RegExp][] }>;

/** Each check finds nothing in what is there, and finds what is planted. */
export const testChecks = (checks: Checks): void => {
  for (const [name, { check, planted }] of Object.entries(checks)) {
    it(`holds: ${name}`, async () => {
      expect(check(await readInfra())).toEqual([]);
    });
    for (const [path, from, to, found] of planted)
      it(`${name}: a change planted in ${path} is found as ${found.source}`, async () => {
        expect(check(await plant(path, from, to)).join('\n')).toMatch(found);
      });
  }
};
