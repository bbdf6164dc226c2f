import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { filesBelow } from './files-below.js';
import { parseFuncignore } from './funcignore.js';
import { run } from './run.js';

/** What the app's folder holds when it is published: a fresh build and production dependencies, beside everything else that is there. */
async function stage(folder: string): Promise<void> {
  for (const path of await filesBelow('.', ['.git', 'node_modules', 'dist', 'out', 'coverage']))
    await cp(path, join(folder, path), { recursive: true });
  await run('npm', ['ci', '--omit=dev', '--no-audit', '--no-fund'], { cwd: folder });
  const tsc = resolve('node_modules', 'typescript', 'bin', 'tsc');
  await run(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', join(folder, 'dist')]);
}

export interface BuiltApp {
  /** Sent, with slashes from the app's folder. */
  sent: string[];
  /** Not sent, of what was staged. */
  left: string[];
}

/** Sent, but none of what runs: a file that .funcignore does not name, perhaps with somebody's keys in it. */
export const strayFiles = (sent: readonly string[]): string[] =>
  sent.filter((path) => !/^(dist\/src|node_modules)\/|^(host|package)\.json$/.test(path));

/**
 * Fills `target` with exactly what `func azure functionapp publish` sends. Whatever was there is replaced. Throws when that would be more
 * than what runs.
 */
export async function buildApp(target: string): Promise<BuiltApp> {
  const folder = await mkdtemp(join(tmpdir(), 'iothub-standby-package-'));
  try {
    await stage(folder);
    const isSent = parseFuncignore(await readFile('.funcignore', 'utf8'));
    const staged = await filesBelow(folder);
    const sent = staged.filter(isSent);
    const stray = strayFiles(sent);
    if (stray.length > 0)
      throw new RangeError(`Core Tools would send ${stray.join(', ')}: remove it, or name it in .funcignore`);
    await rm(target, { recursive: true, force: true });
    for (const below of new Set(sent.map((path) => dirname(path))))
      await mkdir(join(target, below), { recursive: true });
    for (const path of sent) await cp(join(folder, path), join(target, path));
    return { sent, left: staged.filter((path) => !isSent(path)) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
