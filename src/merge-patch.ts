import type { JsonObject, JsonValue } from './hub-model.js';
import { isNumberText } from './number-text.js';

/**
 * JSON merge patch, RFC 7396. Pure: arguments are never changed, results may share parts with them.
 * Objects are built with `Object.fromEntries` and read with `Object.hasOwn`, so that `__proto__` is a key like any other.
 */
export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isNumberText(value);

const own = (object: JsonObject, name: string): JsonValue | undefined =>
  Object.hasOwn(object, name) ? object[name] : undefined;

/** RFC 7396 section 2: what `target` becomes. Null removes, arrays are replaced whole, anything else than an object counts as `{}`. */
export function applyPatch(target: JsonValue | undefined, patch: JsonObject): JsonObject {
  const result = new Map(isJsonObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) result.delete(name);
    else result.set(name, isJsonObject(value) ? applyPatch(result.get(name), value) : value);
  }
  return Object.fromEntries(result);
}

/**
 * The one patch that does what `first` and then `second` do, to every document; `undefined` where there is none: `first` ends
 * something with null, a scalar or an array and `second` goes on with an object there, which no single merge patch can say.
 */
export function composePatches(first: JsonObject, second: JsonObject): JsonObject | undefined {
  const result = new Map(Object.entries(first));
  for (const [name, later] of Object.entries(second)) {
    const earlier = own(first, name);
    if (earlier === undefined || !isJsonObject(later)) {
      result.set(name, later);
      continue;
    }
    const both = isJsonObject(earlier) ? composePatches(earlier, later) : undefined;
    if (both === undefined) return undefined;
    result.set(name, both);
  }
  return Object.fromEntries(result);
}

/**
 * The smallest merge patch that makes `from` equal `to`: removed keys are nulled, equal parts left out; `{}` when they are equal.
 * A null inside `to` counts as absent, since no merge patch can set one (nulls in arrays are kept).
 */
export function diffPatch(from: JsonObject, to: JsonObject): JsonObject {
  const patch = new Map<string, JsonValue>();
  for (const name of Object.keys(from)) if ((own(to, name) ?? null) === null) patch.set(name, null);
  for (const [name, wanted] of Object.entries(to)) {
    if (wanted === null) continue;
    const present = own(from, name);
    if (isJsonObject(wanted) && isJsonObject(present)) {
      const inner = diffPatch(present, wanted);
      if (Object.keys(inner).length > 0) patch.set(name, inner);
    } else if (!jsonEqual(present, wanted)) patch.set(name, wanted);
  }
  return Object.fromEntries(patch);
}

/**
 * The same JSON text, but for the order of keys: 21.0 is another value than 21 (docs/decisions/0012). JavaScript's own -0 is written as 0. The
 * prototypes of objects do not matter.
 */
export function jsonEqual(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => jsonEqual(item, b[index]));
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return isNumberText(a) && isNumberText(b) && a.rawJSON === b.rawJSON;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && jsonEqual(a[name], b[name]))
  );
}
