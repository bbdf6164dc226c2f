import { z } from 'zod';
import type { IdentityKey } from '../hub-model.js';
import { isSameHub } from '../hub-name.js';
import { isSystemModule, isValidId } from '../identity-id.js';
import { parseUtc } from '../utc-time.js';
import type { ParkReason, RawTwinEvent, SkipReason } from './ports.js';

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
  /** Whose change it may be; absent where the event does not tell, or where it is none of this hub's. */
  key?: IdentityKey;
}
export interface Skip {
  kind: 'skip';
  reason: SkipReason;
}

const text = z.string().nullish();
const identitySchema = z.object({ hubName: text, deviceId: text, moduleId: text });
const annotatedSchema = z.object({ 'iothub-connection-device-id': text, 'iothub-connection-module-id': text });
const kindSchema = z.object({ opType: text, 'iothub-message-source': text });

/** By lower-case name. Sources: `RoutingSource` of the ARM API of IoT Hub; "message routing", system properties. */
const sources = new Map<string, EventHeader['source'] | Skip>([
  ['twinchangeevents', 'twin'],
  ['devicelifecycleevents', 'lifecycle'],
  // Named by an older edition of the developer guide; today modules come with deviceLifecycleEvents.
  ['modulelifecycleevents', 'lifecycle'],
  // What a route of other sources into the same event hub rightly brings.
  ['telemetry', { kind: 'skip', reason: 'telemetry' }],
  ['devicemessages', { kind: 'skip', reason: 'telemetry' }],
  ['digitaltwinchangeevents', { kind: 'skip', reason: 'digitalTwinChange' }],
  ['deviceconnectionstateevents', { kind: 'skip', reason: 'connectionState' }],
  ['devicejoblifecycleevents', { kind: 'skip', reason: 'jobLifecycle' }],
  ['mqttbrokermessages', { kind: 'skip', reason: 'mqttBroker' }],
]);

export const park = (reason: ParkReason, detail: string): Park => ({ kind: 'park', reason, detail });

export const wrongShape = (error: z.ZodError): Park =>
  park('wrongShape', error.issues.map((issue) => `${issue.path.join('.')}: ${issue.code}`).join('; '));

export function parseHeader(raw: RawTwinEvent, sourceHubName: string): EventHeader | Park | Skip {
  const properties = lowerFirst(raw.properties);
  const annotations = lowerFirst(raw.systemProperties);
  const name = annotations['iothub-message-source'];
  const source = typeof name === 'string' ? sources.get(name.toLowerCase()) : undefined;
  // Before the properties: in telemetry they are the device's own.
  if (typeof source === 'object') return source;

  const key = parseKey(properties, annotations, sourceHubName);
  const kind = kindSchema.safeParse({ opType: properties['opType'], 'iothub-message-source': name });
  if (!kind.success) return of(key, wrongShape(kind.error));
  if (source === undefined) {
    return of(key, park('unknownSource', kind.data['iothub-message-source'] || 'no message source'));
  }
  if ('kind' in key) return key;
  const operationTimestamp = parseUtc(properties['operationTimestamp']);
  return { source, key, opType: kind.data.opType ?? undefined, operationTimestamp };
}

/** The service's own modules are never marked: they come with their device. */
const of = (key: IdentityKey | Park, event: Park): Park =>
  'kind' in key || isSystemModule(key) ? event : { ...event, key };

type Bag = Record<string, unknown>;

function parseKey(properties: Bag, annotations: Bag, sourceHubName: string): IdentityKey | Park {
  const own = identitySchema.safeParse(properties);
  if (!own.success) return wrongShape(own.error);
  const annotated = annotatedSchema.safeParse(annotations);
  if (!annotated.success) return wrongShape(annotated.error);
  const { hubName } = own.data;
  if (hubName && !isSameHub(hubName, sourceHubName)) return park('unexpectedHub', hubName);

  const deviceId = own.data.deviceId ?? annotated.data['iothub-connection-device-id'];
  const moduleId = own.data.moduleId ?? annotated.data['iothub-connection-module-id'];
  if (deviceId === null || deviceId === undefined) return park('wrongShape', 'no device id');
  if (
    deviceId !== (annotated.data['iothub-connection-device-id'] ?? deviceId) ||
    moduleId !== (annotated.data['iothub-connection-module-id'] ?? moduleId)
  ) {
    return park('wrongShape', 'application properties and annotations name different identities');
  }
  if (!isValidId(deviceId)) return park('invalidId', 'device id');
  if (typeof moduleId === 'string' && !isValidId(moduleId)) return park('invalidId', 'module id');
  return typeof moduleId === 'string' ? { deviceId, moduleId } : { deviceId };
}

/** The host lower-cases the first letter of property names: names are compared without it. */
const lowerFirst = (bag: Bag): Bag =>
  Object.fromEntries(Object.entries(bag).map(([name, value]) => [name.charAt(0).toLowerCase() + name.slice(1), value]));
