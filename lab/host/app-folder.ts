import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { HostError } from './host-error.js';

const packageSchema = z.object({ main: z.string() });
const localSettingsSchema = z.object({ Values: z.record(z.string(), z.string()).default({}) });

async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    throw new HostError('host.badSettings', `${path} cannot be used: ${String(cause)}`, { cause });
  }
}

/** The file that package.json "main" of the app's folder names. Throws `host.badSettings`. */
export async function entryOf(folder: string): Promise<string> {
  const { main } = await readJson(resolve(folder, 'package.json'), packageSchema);
  return resolve(folder, main);
}

/** `Values` of a local.settings.json. Throws `host.badSettings`. */
export async function readLocalSettings(path: string): Promise<Record<string, string>> {
  return (await readJson(path, localSettingsSchema)).Values;
}
