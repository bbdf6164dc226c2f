import type { IdentityKey } from '../../contracts.js';

// IoT Hub, "Communicate with your IoT hub using the MQTT protocol": the sections on sending device-to-cloud messages, on
// retrieving and updating twins, and on receiving updates of desired properties.
export const TWIN_RESPONSES = '$iothub/twin/res/#';
export const DESIRED_PATCHES = '$iothub/twin/PATCH/properties/desired/#';
const METHOD_REQUESTS = '$iothub/methods/POST/#';

export type DeviceRequest =
  | { kind: 'telemetry'; propertyBag: string }
  | { kind: 'twinGet'; requestId: string }
  | { kind: 'reportedPatch'; requestId: string }
  | { kind: 'methodResponse' };

const ownPrefix = ({ deviceId, moduleId }: IdentityKey): string =>
  moduleId === undefined ? `devices/${deviceId}` : `devices/${deviceId}/modules/${moduleId}`;

/** What an identity asks with a PUBLISH to this topic; undefined: it may not publish there. Ids stand in topics as they are, not encoded. */
export function parsePublishTopic(key: IdentityKey, topic: string): DeviceRequest | undefined {
  const events = `${ownPrefix(key)}/messages/events`;
  if (topic === events) return { kind: 'telemetry', propertyBag: '' };
  if (topic.startsWith(`${events}/`)) {
    // Some clients end the bag with a slash.
    return { kind: 'telemetry', propertyBag: topic.slice(events.length + 1).replace(/\/$/, '') };
  }
  const requestId = requestIdOf(topic);
  if (requestId !== undefined && topic.startsWith('$iothub/twin/GET/?')) return { kind: 'twinGet', requestId };
  if (requestId !== undefined && topic.startsWith('$iothub/twin/PATCH/properties/reported/?')) {
    return { kind: 'reportedPatch', requestId };
  }
  if (topic.startsWith('$iothub/methods/res/')) return { kind: 'methodResponse' };
  return undefined;
}

const requestIdOf = (topic: string): string | undefined => /[?&]\$rid=([^&]+)/.exec(topic)?.[1];

const messageFilters = (key: IdentityKey): string[] => {
  const own = ownPrefix(key);
  return key.moduleId === undefined ? [`${own}/messages/devicebound/#`] : [`${own}/inputs/#`, `${own}/#`];
};

/** An identity sees its own traffic only. */
export const maySubscribe = (key: IdentityKey, filter: string): boolean =>
  [TWIN_RESPONSES, DESIRED_PATCHES, METHOD_REQUESTS, ...messageFilters(key)].includes(filter);

/** Whether a filter is for cloud-to-device messages. */
export const asksForMessages = (key: IdentityKey, filter: string): boolean => messageFilters(key).includes(filter);

/** `version` only after a reported patch. */
export const twinResponseTopic = (status: number, requestId: string, version?: number): string =>
  `$iothub/twin/res/${status}/?$rid=${requestId}${version === undefined ? '' : `&$version=${version}`}`;

export const desiredPatchTopic = (version: number): string =>
  `$iothub/twin/PATCH/properties/desired/?$version=${version}`;
