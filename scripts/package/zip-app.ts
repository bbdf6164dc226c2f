import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';

/** One time and one mode for all, so that the same files make the same archive. The format's own times are local ones, without a zone. */
const entry = { mtime: new Date(2000, 0, 1), mode: 0o100644, forceDosTimestamp: true };

/** Packs files of a folder, in the order given. */
export async function zipApp(folder: string, files: readonly string[], target: string): Promise<void> {
  const zip = new ZipFile();
  for (const path of files) zip.addFile(join(folder, path), path, entry);
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(target));
}
