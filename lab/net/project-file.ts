import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The path of a file of the project, given from its root (`lab/net/preload.cjs`). The compiler copies no `.cjs`, so both the
 * sources and `dist` find the one in the sources: by walking up until it is there.
 */
export function projectFile(fromRoot: string): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const candidate = join(folder, fromRoot);
    if (existsSync(candidate)) return candidate;
    const parent = dirname(folder);
    if (parent === folder) throw new TypeError(`no file ${fromRoot} in the project`);
    folder = parent;
  }
}
