import type { Json, JsonObject } from '../contracts.js';
import { isJsonObject } from '../hub/core/merge-patch.js';
import { numberTextOf } from '../hub/core/number-text.js';

/** `$metadata`, `$version` and their like belong to each hub alone. */
const ownNames = (value: JsonObject): string[] => Object.keys(value).filter((name) => !name.startsWith('$'));

/** RFC 6901 section 3. */
const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');

/**
 * Pointers of the places where two values differ: order of names does not count, order in arrays does. A missing subtree and arrays of
 * different length are one difference each.
 */
export const differingPaths = (left: Json, right: Json, path = ''): string[] => {
  if (isJsonObject(left) && isJsonObject(right)) {
    const names = new Set([...ownNames(left), ...ownNames(right)]);
    return [...names].flatMap((name) => {
      const inner = `${path}/${escaped(name)}`;
      const [a, b] = [
        Object.hasOwn(left, name) ? left[name] : undefined,
        Object.hasOwn(right, name) ? right[name] : undefined,
      ];
      return a === undefined || b === undefined ? [inner] : differingPaths(a, b, inner);
    });
  }
  if (Array.isArray(left) && Array.isArray(right) && left.length === right.length)
    return left.flatMap((a, index) => {
      const b = right[index];
      return b === undefined ? [`${path}/${index}`] : differingPaths(a, b, `${path}/${index}`);
    });
  // 21.0 and 21 are two texts.
  const [a, b] = [numberTextOf(left), numberTextOf(right)];
  return (a === undefined ? left === right : a === b) ? [] : [path];
};
