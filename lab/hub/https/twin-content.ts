import type { Json, JsonObject } from '../../contracts.js';
import { refuseArgument } from '../core/errors.js';
import { isJsonObject } from '../core/merge-patch.js';

function objectAt(parent: JsonObject, name: string): JsonObject | undefined {
  const value: Json | undefined = parent[name];
  if (value === undefined) return undefined;
  if (!isJsonObject(value)) return refuseArgument(`${name} must be an object`);
  return value;
}

function writableAt(body: JsonObject, name: 'desired' | 'reported'): JsonObject | undefined {
  const section = objectAt(objectAt(body, 'properties') ?? {}, name);
  if (section === undefined) return undefined;
  const { $metadata: _metadata, $version: _version, ...content } = section;
  return content;
}

type Content = { tags?: JsonObject; desired?: JsonObject };
type Patch = { [Name in keyof Content]: Content[Name] | null };

/**
 * Tags and desired properties of a request. The service side may send a twin back as it read it, so `$metadata` and `$version`
 * at the top of desired are ignored, and so is reported, which is the device's own. Below the top, `$` is refused by the core.
 */
export function twinContentOf(body: JsonObject): Content {
  const tags = body['tags'] === null ? undefined : objectAt(body, 'tags');
  const isCleared = objectAt(body, 'properties')?.['desired'] === null;
  const desired = isCleared ? undefined : writableAt(body, 'desired');
  return { ...(tags === undefined ? {} : { tags }), ...(desired === undefined ? {} : { desired }) };
}

/** The same of a merge patch, where null for a section removes all that it holds (twin tests of azure-iothub). */
export function twinPatchOf(body: JsonObject): Patch {
  return {
    ...twinContentOf(body),
    ...(body['tags'] === null ? { tags: null } : {}),
    ...(objectAt(body, 'properties')?.['desired'] === null ? { desired: null } : {}),
  };
}

/** What a bulk create gives its twin: reported too, which the core ignores unless told otherwise. */
export function firstContentOf(body: JsonObject): Content & { reported?: JsonObject } {
  const reported = writableAt(body, 'reported');
  return { ...twinContentOf(body), ...(reported === undefined ? {} : { reported }) };
}
