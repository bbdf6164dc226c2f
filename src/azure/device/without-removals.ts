import type { JsonObject, JsonValue } from '../../hub-model.js';
import { isJsonObject } from '../../merge-patch.js';

/** The patch without its nulls, and without what then says nothing. */
export const withoutRemovals = (patch: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(patch).flatMap(([name, value]): [string, JsonValue][] => {
      if (value === null) return [];
      if (!isJsonObject(value) || Object.keys(value).length === 0) return [[name, value]];
      const rest = withoutRemovals(value);
      return Object.keys(rest).length === 0 ? [] : [[name, rest]];
    }),
  );
