import type { JsonObject, JsonValue, Twin, TwinPatch } from '../../hub-model.js';
import type { TwinAnswer } from './hub-answers.js';

const withoutServiceFields = (value: JsonValue): JsonValue => {
  if (Array.isArray(value)) {
    return value.map(withoutServiceFields);
  }
  return typeof value === 'object' && value !== null ? stripServiceFields(value) : value;
};

/**
 * Without the service's `$metadata`, `$version`, ... at every depth; users cannot have names with `$` (IoT Hub, "Understand device twins").
 * `fromEntries` defines properties, so that a name like `__proto__` stays a name.
 */
const stripServiceFields = (section: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(section)
      .filter(([name]) => !name.startsWith('$'))
      .map(([name, value]) => [name, withoutServiceFields(value)]),
  );

export const toTwin = (answer: TwinAnswer): Twin => {
  const { deviceId, moduleId, etag, version, tags, properties } = answer;
  return {
    key: moduleId === undefined || moduleId === null ? { deviceId } : { deviceId, moduleId },
    etag,
    version,
    tags: stripServiceFields(tags ?? {}),
    desired: stripServiceFields(properties.desired),
    reported: stripServiceFields(properties.reported),
  };
};

/** Tags and desired in one body; an absent section is left alone by the service. */
export const toPatchBody = ({ tags, desired }: TwinPatch): object => ({
  ...(tags === undefined ? {} : { tags }),
  ...(desired === undefined ? {} : { properties: { desired } }),
});
