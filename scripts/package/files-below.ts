import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Paths of all files below a folder, with slashes, sorted. Links are followed by nobody: npm makes them in `.bin` only. */
export async function filesBelow(folder: string, skip: readonly string[] = []): Promise<string[]> {
  const found: string[] = [];
  const look = async (below: string): Promise<void> => {
    for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (skip.includes(path)) continue;
      if (entry.isDirectory()) await look(path);
      else if (entry.isFile()) found.push(path);
    }
  };
  await look('');
  return found.sort();
}
