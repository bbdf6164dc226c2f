import type { Json, JsonObject } from '../../contracts.js';
import { isNumberText } from './number-text.js';

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isNumberText(value);

const entriesOf = (value: Json | undefined): Map<string, Json> =>
  new Map(isJsonObject(value) ? Object.entries(value) : []);

/** RFC 7396, section 2: null removes, objects merge, everything else (arrays too) replaces. Leaves its arguments alone. */
export function mergePatch(target: Json | undefined, patch: JsonObject): JsonObject {
  const result = entriesOf(target);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) result.delete(name);
    else result.set(name, isJsonObject(value) ? mergePatch(result.get(name), value) : value);
  }
  return Object.fromEntries(result);
}

/**
 * The service's `$metadata` beside a merge: every property on a changed path gets the stamp, a removed one loses its own.
 * Against `undefined` it gives the metadata of the changed properties alone, as change events carry them.
 */
export function mergeMetadata(metadata: Json | undefined, patch: JsonObject, stamp: JsonObject): JsonObject {
  const result = entriesOf(metadata);
  for (const [name, value] of Object.entries(stamp)) result.set(name, value);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) result.delete(name);
    else result.set(name, isJsonObject(value) ? mergeMetadata(result.get(name), value, stamp) : { ...stamp });
  }
  return Object.fromEntries(result);
}

/** The merge patch that turns `from` into `to`: what a connected device is told when desired properties are replaced. */
export function diffAsPatch(from: JsonObject, to: JsonObject): JsonObject {
  const removed = Object.keys(from).filter((name) => !Object.hasOwn(to, name));
  return Object.fromEntries([...removed.map((name): [string, Json] => [name, null]), ...Object.entries(to)]);
}
