import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { createBicepReader, type BicepFile } from './bicep.js';

/** All of infra's Bicep, by path under infra/. */
export type Infra = ReadonlyMap<string, BicepFile>;

export const entryFiles = ['main.bicep', 'events.bicep'];

const folder = new URL('../../../../infra/', import.meta.url);

const infraTexts = (): Map<string, string> =>
  new Map(
    ['', 'modules/'].flatMap((sub) =>
      readdirSync(new URL(sub, folder))
        .filter((name) => name.endsWith('.bicep'))
        .map((name): [string, string] => [`${sub}${name}`, readFileSync(new URL(`${sub}${name}`, folder), 'utf8')]),
    ),
  );

const reader = createBicepReader();

export const readInfra = async (texts: ReadonlyMap<string, string> = infraTexts()): Promise<Infra> => {
  const read = await reader;
  return new Map([...texts].map(([path, text]) => [path, read(path, text)]));
};

/** The infrastructure with one change planted in one file. Throws when the change finds nothing to change. */
export const plant = async (path: string, from: string | RegExp, to: string): Promise<Infra> => {
  const texts = infraTexts();
  const before = texts.get(path) ?? '';
  const after = before.replace(from, to);
  if (after === before) throw new RangeError(`${path} has no ${String(from)}`);
  return readInfra(texts.set(path, after));
};

/** The file that a module of another names. */
export const moduleFile = (infra: Infra, from: BicepFile, path: string): BicepFile | undefined =>
  infra.get(posix.normalize(posix.join(posix.dirname(from.path), path)));
