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

/**
 * Tags and desired properties of a request. The service side may send a twin back as it read it, so `$metadata` and `$version`
 * at the top of desired are ignored, and so is reported, which is the device's own. Below the top, `$` is refused by the core.
 */
export function twinContentOf(body: JsonObject): { tags?: JsonObject; desired?: JsonObject } {
  const tags = objectAt(body, 'tags');
  const desired = writableAt(body, 'desired');
  return { ...(tags === undefined ? {} : { tags }), ...(desired === undefined ? {} : { desired }) };
}

/** What a bulk create gives its twin: reported too, which the core ignores unless told otherwise. */
export function firstContentOf(body: JsonObject): ReturnType<typeof twinContentOf> & { reported?: JsonObject } {
  const reported = writableAt(body, 'reported');
  return { ...twinContentOf(body), ...(reported === undefined ? {} : { reported }) };
}
