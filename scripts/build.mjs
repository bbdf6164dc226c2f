// Builds into dist what has changed since the last build. Where nothing has, it ends within a blink: each command of package.json begins with it.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const stamp = join('dist', '.built');
const compiler = join('node_modules', '.bin', process.platform === 'win32' ? 'tsc.cmd' : 'tsc');

/** Names, times and sizes of everything that a build depends on. */
function fingerprint() {
  const folders = ['src', 'lab', 'test', 'bench', 'scripts'];
  const sources = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true }).map((name) => join(folder, String(name))),
  );
  const inputs = [
    'tsconfig.json',
    'package-lock.json',
    'vitest.config.ts',
    ...sources.filter((n) => n.endsWith('.ts')),
  ];
  const hash = createHash('sha256').update(process.version);
  for (const name of inputs.toSorted((a, b) => (a < b ? -1 : 1))) {
    const { mtimeMs, size } = statSync(name);
    hash.update(`${name} ${mtimeMs} ${size}\n`);
  }
  return hash.digest('hex');
}

const wanted = fingerprint();
const isBuilt = existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
if (!isBuilt) {
  console.error('Building: a few seconds now, none the next time unless a source has changed.');
  rmSync(stamp, { force: true });
  const options = ['-p', 'tsconfig.json', '--incremental', '--tsBuildInfoFile', join('dist', '.tsbuildinfo')];
  const { status, error } = spawnSync(compiler, options, { stdio: 'inherit', shell: process.platform === 'win32' });
  if (error) console.error(error.message);
  if (status !== 0) process.exit(status ?? 1);
  mkdirSync('dist', { recursive: true });
  writeFileSync(stamp, wanted);
}
