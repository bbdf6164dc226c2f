import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { zipApp } from '../../../scripts/package/zip-app.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zip-test-'));
  await mkdir(join(folder, 'dist/src'), { recursive: true });
  await writeFile(join(folder, 'host.json'), '{}');
  await writeFile(join(folder, 'dist/src/index.js'), 'export {};\n'.repeat(100));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const zipped = async (name: string): Promise<Buffer> => {
  const target = join(folder, name);
  await zipApp(folder, ['dist/src/index.js', 'host.json'], target);
  return readFile(target);
};

describe('the archive of the app', () => {
  it('holds the files under their paths from the root', async () => {
    const archive = await zipped('a.zip');
    // The first local file header (APPNOTE 4.3.7): name at 30, its length at 26, behind it and the extra field the data.
    expect(archive.readUInt32LE(0)).toBe(0x04034b50);
    const behindName = 30 + archive.readUInt16LE(26);
    expect(archive.toString('utf8', 30, behindName)).toBe('dist/src/index.js');
    const data = inflateRawSync(archive.subarray(behindName + archive.readUInt16LE(28)));
    expect(data.toString()).toBe(await readFile(join(folder, 'dist/src/index.js'), 'utf8'));
    expect(archive.includes('host.json')).toBe(true);
  });

  it('is the same, byte for byte, whenever its files were written', async () => {
    const first = await zipped('a.zip');
    await utimes(join(folder, 'host.json'), new Date(0), new Date(0));
    expect((await zipped('b.zip')).equals(first)).toBe(true);
  });
});
