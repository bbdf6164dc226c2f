import type { IdentityKey, JsonObject, JsonValue } from '../../../src/hub-model.js';
import { isJsonObject } from '../../../src/merge-patch.js';
import type { RawTwinEvent } from '../../../src/twin/ports.js';

let sequence = 0;

/** An event as the host hands it over. */
export function anEvent(
  key: IdentityKey,
  opType: string,
  body: JsonValue | Uint8Array,
  more: { messageSource?: string; properties?: JsonObject; annotations?: JsonObject } = {},
): RawTwinEvent {
  return {
    body: body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body)),
    properties: {
      hubName: 'hub-one',
      deviceId: key.deviceId,
      ...(key.moduleId !== undefined && { moduleId: key.moduleId }),
      opType,
      operationTimestamp: '2025-12-31T23:59:58.0000000Z',
      ...more.properties,
    },
    systemProperties: {
      'iothub-message-source': more.messageSource ?? 'twinChangeEvents',
      'iothub-connection-device-id': key.deviceId,
      ...(key.moduleId !== undefined && { 'iothub-connection-module-id': key.moduleId }),
      ...more.annotations,
    },
    sequenceNumber: String(sequence++),
    enqueuedAt: undefined,
  };
}

interface Sections {
  tags?: JsonObject;
  desired?: JsonObject;
  reported?: JsonObject;
}

/** The service adds `$metadata` and `$version`; they must never arrive at the other hub. */
const withService = (section: JsonObject): JsonObject => ({
  ...section,
  $version: 7,
  $metadata: { $lastUpdated: 'x' },
});

const twinBody = ({ tags, desired, reported }: Sections): JsonObject => ({
  // Rises with each change, as the service counts: equal stamps are one change that comes again.
  version: sequence,
  ...(tags && { tags }),
  properties: {
    ...(desired && { desired: withService(desired) }),
    ...(reported && { reported: withService(reported) }),
  },
});

export const anUpdate = (key: IdentityKey, sections: Sections) => anEvent(key, 'updateTwin', twinBody(sections));
export const aReplace = (key: IdentityKey, sections: Sections) =>
  anEvent(key, 'replaceTwin', { deviceId: key.deviceId, etag: 'x', ...twinBody({ desired: {}, ...sections }) });
export const aLifecycle = (key: IdentityKey, opType: 'createDeviceIdentity' | 'deleteDeviceIdentity') =>
  anEvent(key, opType, { deviceId: key.deviceId, version: 2 }, { messageSource: 'deviceLifecycleEvents' });

/** Objects of a patch with no key named by the service, at any depth. */
export const holdsServiceField = (value: JsonValue): boolean =>
  Array.isArray(value)
    ? value.some(holdsServiceField)
    : isJsonObject(value) &&
      Object.entries(value).some(([name, inner]) => name.startsWith('$') || holdsServiceField(inner));
