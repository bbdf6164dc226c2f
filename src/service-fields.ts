import type { JsonObject, JsonValue } from './hub-model.js';
import { isJsonObject } from './merge-patch.js';

/**
 * Without what the service itself writes into a twin (`$metadata`, `$version`, ...), at every depth. No key of a user can begin with `$`.
 * Source: IoT Hub developer guide, device twins, "Tags and properties format".
 */
export const stripServiceFields = (section: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(section)
      .filter(([name]) => !name.startsWith('$'))
      .map(([name, value]) => [name, stripValue(value)]),
  );

function stripValue(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(stripValue);
  return isJsonObject(value) ? stripServiceFields(value) : value;
}
