import { z } from 'zod';
import type { IdentityKey } from '../hub-model.js';
import { isSameHub } from '../hub-name.js';
import { isValidId } from '../identity-id.js';
import { parseUtc } from '../utc-time.js';
import type { ParkReason, RawTwinEvent } from './ports.js';

/** What an event says beside its body. Sources: IoT Hub, "non-telemetry event schemas"; annotations: "message routing". */
export interface EventHeader {
  source: 'twin' | 'lifecycle';
  key: IdentityKey;
  opType: string | undefined;
  operationTimestamp: Date | undefined;
}
export interface Park {
  kind: 'park';
  reason: ParkReason;
  /** For logs: never contents. */
  detail: string;
}

const text = z.string().nullish();
const propertiesSchema = z.object({
  hubName: text,
  deviceId: text,
  moduleId: text,
  opType: text,
  operationTimestamp: z.unknown(),
});
const annotationsSchema = z.object({
  'iothub-message-source': text,
  'iothub-connection-device-id': text,
  'iothub-connection-module-id': text,
});

const sources: Record<string, EventHeader['source']> = {
  twinChangeEvents: 'twin',
  deviceLifecycleEvents: 'lifecycle',
  // Named by an older edition of the developer guide; today modules come with deviceLifecycleEvents.
  moduleLifecycleEvents: 'lifecycle',
};

export const park = (reason: ParkReason, detail: string): Park => ({ kind: 'park', reason, detail });

export const wrongShape = (error: z.ZodError): Park =>
  park('wrongShape', error.issues.map((issue) => `${issue.path.join('.')}: ${issue.code}`).join('; '));

export function parseHeader(raw: RawTwinEvent, sourceHubName: string): EventHeader | Park {
  const properties = propertiesSchema.safeParse(lowerFirst(raw.properties));
  if (!properties.success) return wrongShape(properties.error);
  const annotations = annotationsSchema.safeParse(lowerFirst(raw.systemProperties));
  if (!annotations.success) return wrongShape(annotations.error);

  const messageSource = annotations.data['iothub-message-source'] ?? '';
  const source = Object.hasOwn(sources, messageSource) ? sources[messageSource] : undefined;
  if (source === undefined) return park('unknownSource', messageSource === '' ? 'no message source' : messageSource);
  const { hubName, opType, operationTimestamp } = properties.data;
  if (hubName && !isSameHub(hubName, sourceHubName)) return park('unexpectedHub', hubName);

  const deviceId = properties.data.deviceId ?? annotations.data['iothub-connection-device-id'];
  const moduleId = properties.data.moduleId ?? annotations.data['iothub-connection-module-id'];
  if (deviceId === null || deviceId === undefined) return park('wrongShape', 'no device id');
  if (
    deviceId !== (annotations.data['iothub-connection-device-id'] ?? deviceId) ||
    moduleId !== (annotations.data['iothub-connection-module-id'] ?? moduleId)
  ) {
    return park('wrongShape', 'application properties and annotations name different identities');
  }
  if (!isValidId(deviceId)) return park('invalidId', 'device id');
  if (typeof moduleId === 'string' && !isValidId(moduleId)) return park('invalidId', 'module id');
  const key = typeof moduleId === 'string' ? { deviceId, moduleId } : { deviceId };
  return { source, key, opType: opType ?? undefined, operationTimestamp: parseUtc(operationTimestamp) };
}

/** The host lower-cases the first letter of property names: names are compared without it. */
const lowerFirst = (bag: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(bag).map(([name, value]) => [name.charAt(0).toLowerCase() + name.slice(1), value]));
