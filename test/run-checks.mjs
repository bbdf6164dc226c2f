// The whole check: each step that fails counts as one failed test, and the last line says how many passed and failed.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

const bin = (name) => join('node_modules', '.bin', process.platform === 'win32' ? `${name}.cmd` : name);
const run = (command, args) =>
  spawnSync(command, args, { stdio: 'inherit', shell: process.platform === 'win32' }).status === 0;

const steps = [
  ['format', bin('prettier'), ['--check', '--log-level', 'warn', '.']],
  ['lint', bin('oxlint'), ['--type-aware', '--deny-warnings']],
  ['types and build', bin('tsc'), ['-p', 'tsconfig.json']],
  ['dead code', bin('knip'), []],
];

let passed = 0;
let failed = 0;
let skipped = 0;
// Told once more at the end, where nobody has to look for them.
const failures = [];
for (const [name, command, args] of steps) {
  const ok = run(command, args);
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${name}`);
  if (ok) passed += 1;
  else failures.push(name);
}
failed += failures.length;

const folder = mkdtempSync(join(tmpdir(), 'checks-'));
try {
  const report = join(folder, 'vitest.json');
  const projects = ['unit', 'lab', 'host', 'integration'].flatMap((name) => ['--project', name]);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const ok = run(bin('vitest'), ['run', '--coverage', ...projects, ...reporters]);
  const result = JSON.parse(readFileSync(report, 'utf8'));
  passed += result.numPassedTests;
  failed += result.numFailedTests + (result.numRuntimeErrorTestSuites ?? 0);
  skipped += result.numPendingTests + (result.numTodoTests ?? 0);
  for (const file of result.testResults)
    for (const test of file.assertionResults)
      if (test.status === 'pending' || test.status === 'skipped') console.log(`skipped, not passed: ${test.fullName}`);
      else if (test.status === 'failed')
        failures.push(`${relative('.', file.name)} ${test.fullName}\n${test.failureMessages}`);
  // Coverage below its gate, an unhandled error, or a file that did not load: nothing above may have counted it.
  if (!ok && result.numFailedTests === 0) {
    console.log('FAILED test run (coverage gate, unhandled error, or a file that did not load)');
    failed += 1;
  }
} catch (error) {
  console.error('FAILED no test report', error);
  failed += 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
for (const failure of failures) console.log(`FAILED ${failure}`);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed === 0 ? 0 : 1;
