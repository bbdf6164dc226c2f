import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mutantsOfEvidence } from './mutants-evidence.js';
import { mutantsOfOrder } from './mutants-order.js';
import type { Mutant } from './mutants.js';

const mutants = [...mutantsOfOrder, ...mutantsOfEvidence];
const root = process.cwd();
const runInMs = 240_000;
let folder = '';

interface Report {
  testResults: { assertionResults: { status: string; failureMessages: string[] }[] }[];
}

/** Runs unit tests in the copy. Rejects where the run ended without a report: killed, or not begun. */
async function runTests(tests: readonly string[]): Promise<{ passed: number; failures: string[] }> {
  const output = join(folder, 'report.json');
  await rm(output, { force: true });
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const options = ['run', '--project', 'unit', '--maxWorkers=1', '--reporter=json', `--outputFile=${output}`];
  // A failed test is an exit code, too: the report alone tells.
  await promisify(execFile)(process.execPath, [vitest, ...options, ...tests], { cwd: folder, timeout: runInMs }).catch(
    () => undefined,
  );
  const report = JSON.parse(await readFile(output, 'utf8')) as Report;
  const results = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  return {
    passed: results.filter(({ status }) => status === 'passed').length,
    failures: results.filter(({ status }) => status === 'failed').map(({ failureMessages: [first = ''] }) => first),
  };
}

/** A thrown TypeError or a time limit is no finding: the test has to have looked at what is wrong. */
const isAssertion = (message: string): boolean => /AssertionError|instead of (resolving|rejecting)/.test(message);

const occurrences = (text: string, part: string): number => text.split(part).length - 1;

async function withMutant<T>({ file, from, to }: Mutant, work: () => Promise<T>): Promise<T> {
  const path = join(folder, file);
  const text = await readFile(path, 'utf8');
  await writeFile(
    path,
    text.replace(from, () => to),
  );
  try {
    return await work();
  } finally {
    await writeFile(path, text);
  }
}

describe('mutants of the rules of order and evidence', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mutants-'));
    for (const part of ['src', 'lab', 'test/unit', 'package.json', 'tsconfig.json', 'vitest.config.ts'])
      await cp(join(root, part), join(folder, part), { recursive: true });
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('are made of lines that are there, once each', async () => {
    expect(mutants.length).toBeGreaterThanOrEqual(20);
    const found = mutants.map(async ({ file, from }) => ({
      file,
      from,
      count: occurrences(await readFile(join(root, file), 'utf8'), from),
    }));
    expect((await Promise.all(found)).filter(({ count }) => count !== 1)).toEqual([]);
  });

  it(
    'are looked for by tests that pass without them',
    async () => {
      const tests = [...new Set(mutants.flatMap((mutant) => mutant.tests))];
      const { passed, failures } = await runTests(tests);
      expect(failures).toEqual([]);
      expect(passed).toBeGreaterThan(tests.length);
    },
    runInMs,
  );

  it.each(mutants.map((mutant) => [mutant.wrong, mutant.file, mutant] as const))(
    '%s (%s) is found',
    async (_wrong, _file, mutant) => {
      const { failures } = await withMutant(mutant, () => runTests(mutant.tests));
      expect(failures.some(isAssertion) || failures).toBe(true);
    },
    runInMs,
  );
});
