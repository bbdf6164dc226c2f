import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesBelow } from '../../scripts/package/files-below.js';
import { nodeOf, supportedNodes } from '../../scripts/package/load-app.js';
import { run } from '../../scripts/package/run.js';
import { consumerProgram } from './support/consumer-program.js';

const start = promisify(execFile);
const compilerOptions = {
  module: 'nodenext',
  target: 'es2023',
  strict: true,
  skipLibCheck: false,
  types: ['node'],
  rootDir: '.',
  outDir: 'built',
};

/** A project of somebody else with the tarball installed. */
let project: string;
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'consumer-test-'));
  await run('npm', ['pack', '--pack-destination', project]);
  const [tarball = ''] = (await readdir(project)).filter((name) => name.endsWith('.tgz'));
  await writeFile(join(project, 'package.json'), JSON.stringify({ type: 'module', private: true }));
  const types = ['typescript@7.0.2', '@types/node@24.10.1'];
  await run('npm', ['install', '--no-audit', '--no-fund', `./${tarball}`, ...types], { cwd: project });
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.ts'] }));
  await writeFile(join(project, 'use.ts'), consumerProgram);
}, 300_000);
afterAll(() => rm(project, { recursive: true, force: true }));

describe('the tarball of npm pack, installed elsewhere', () => {
  it('holds ./consumer with its types, and no source, test or laboratory', async () => {
    const files = await filesBelow(join(project, 'node_modules/iothub-standby'), ['node_modules']);
    expect(files).toEqual(expect.arrayContaining(['dist/npm/consumer/index.js', 'dist/npm/consumer/index.d.ts']));
    const others = files.filter((path) => !path.startsWith('dist/npm/'));
    // npm always packs the file that "main" names; no export leads to it.
    expect(others.sort()).toEqual(['LICENSE', 'README.md', 'dist/src/index.js', 'package.json']);
    expect(files.filter((path) => /\.map$|(^|\/)(lab|test|registry|twin|routing)\//.test(path))).toEqual([]);
  });

  it('is used with types', async () => {
    const compile = run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'], { cwd: project });
    await expect(compile).resolves.toBe('');
  });

  it.each(supportedNodes)('runs with plain node %i', async (major) => {
    const { stdout, stderr } = await start(await nodeOf(major), ['built/use.js'], { cwd: project, env: {} });
    expect(JSON.parse(stdout)).toEqual({
      revision: 7,
      key: 'function-key',
      errors: [],
      refused: 'invalidSettings',
      wrong: 'never',
    });
    expect(stderr).toBe('');
  });

  it('has no other door', async () => {
    const script = `import('iothub-standby').catch(({ code }) => console.log(code))`;
    const { stdout } = await start(process.execPath, ['--eval', script], { cwd: resolve(project) });
    expect(stdout.trim()).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });
});
