import type { Json, JsonObject } from '../contracts.js';
import { isJsonObject as isObject } from '../hub/core/merge-patch.js';

const own = (value: Json | undefined, name: string): Json | undefined =>
  isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;

/**
 * The one merge patch (RFC 7396) that does what two do one after another. Undefined where there is none: what was removed or replaced and
 * then got properties must lose those it had before, and no patch says so without knowing them.
 */
const composePatches = (first: JsonObject, second: JsonObject): JsonObject | undefined => {
  const result = new Map(Object.entries(first));
  for (const [name, value] of Object.entries(second)) {
    const before = own(first, name);
    if (!isObject(value) || before === undefined) {
      result.set(name, value);
      continue;
    }
    const inner = isObject(before) ? composePatches(before, value) : undefined;
    if (inner === undefined) return undefined;
    result.set(name, inner);
  }
  return Object.fromEntries(result);
};

const isStamp = (name: string): boolean => name.startsWith('$');

/** `$metadata` of what `content` sets: a removed property has none, the later stamp counts. */
const metadataOf = (content: Json, first: Json | undefined, second: Json | undefined): JsonObject => {
  const latest = isObject(second) ? second : isObject(first) ? first : {};
  const stamps = Object.entries(latest).filter(([name]) => isStamp(name));
  const set = isObject(content) ? Object.entries(content).filter(([, value]) => value !== null) : [];
  const inner = set.map(([name, value]): [string, Json] => [
    name,
    metadataOf(value, own(first, name), own(second, name)),
  ]);
  return Object.fromEntries([...stamps, ...inner]);
};

const contentOf = (section: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(section).filter(([name]) => !isStamp(name)));

const composeSections = (first: JsonObject, second: JsonObject): JsonObject | undefined => {
  const content = composePatches(contentOf(first), contentOf(second));
  if (content === undefined) return undefined;
  const { $metadata: _metadata, $version: version = null } = second;
  return {
    ...content,
    $metadata: metadataOf(content, first['$metadata'], second['$metadata']),
    $version: version,
  };
};

/** `absent`: neither has it. `apart`: both have it and no one patch does what they do. */
const joined = (
  first: Json | undefined,
  second: Json | undefined,
  compose: (first: JsonObject, second: JsonObject) => JsonObject | undefined,
): JsonObject | 'absent' | 'apart' => {
  if (!isObject(first)) return isObject(second) ? second : 'absent';
  return isObject(second) ? (compose(first, second) ?? 'apart') : first;
};

/** Bodies of two `updateTwin` notifications of one twin as one, with the later version. Undefined where two are needed. */
export const composeChanges = (first: JsonObject, second: JsonObject): JsonObject | undefined => {
  const [before, after] = [own(first, 'properties'), own(second, 'properties')];
  const tags = joined(own(first, 'tags'), own(second, 'tags'), composePatches);
  const desired = joined(own(before, 'desired'), own(after, 'desired'), composeSections);
  const reported = joined(own(before, 'reported'), own(after, 'reported'), composeSections);
  if (tags === 'apart' || desired === 'apart' || reported === 'apart') return undefined;
  const properties = {
    ...(desired === 'absent' ? {} : { desired }),
    ...(reported === 'absent' ? {} : { reported }),
  };
  return {
    version: own(second, 'version') ?? null,
    ...(tags === 'absent' ? {} : { tags }),
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
  };
};
