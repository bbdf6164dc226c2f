import type { Json, JsonObject } from '../../contracts.js';
import { refuseArgument } from '../core/errors.js';
import { isJsonObject } from '../core/merge-patch.js';

function objectAt(parent: JsonObject, name: string): JsonObject | undefined {
  const value: Json | undefined = parent[name];
  if (value === undefined) return undefined;
  if (!isJsonObject(value)) return refuseArgument(`${name} must be an object`);
  return value;
}

/**
 * Tags and desired properties of a request. The service side may send a twin back as it read it, so `$metadata` and `$version`
 * at the top of desired are ignored, and so is reported, which is the device's own. Below the top, `$` is refused by the core.
 */
export function twinContentOf(body: JsonObject): { tags?: JsonObject; desired?: JsonObject } {
  const tags = objectAt(body, 'tags');
  const desired = objectAt(objectAt(body, 'properties') ?? {}, 'desired');
  if (desired === undefined) return tags === undefined ? {} : { tags };
  const { $metadata: _metadata, $version: _version, ...content } = desired;
  return { ...(tags === undefined ? {} : { tags }), desired: content };
}
