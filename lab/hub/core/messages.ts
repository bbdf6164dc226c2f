import type {
  HubMessage,
  IdentityKey,
  JsonObject,
  MessageSource,
  Proof,
  SystemProperties,
  TwinRecord,
} from '../../contracts.js';
import { authMethodOf } from './auth-method.js';
import { keyOf, type Entry } from './entries.js';
import { sevenDigits } from './stamps.js';
import { twinRecord } from './twin-state.js';

/** What messages say of the hub itself. */
export interface MessageContext {
  readonly hubName: string;
  readonly at: Date;
  readonly correlationId: string;
}

const moduleOf = (key: IdentityKey) => (key.moduleId === undefined ? {} : { moduleId: key.moduleId });

const connectionAnnotations = (key: IdentityKey, at: Date, source: string): Record<string, string | number> => ({
  'iothub-connection-device-id': key.deviceId,
  ...(key.moduleId === undefined ? {} : { 'iothub-connection-module-id': key.moduleId }),
  'iothub-enqueuedtime': at.getTime(),
  'iothub-message-source': source,
});

// "Azure IoT Hub non-telemetry event schemas": system, application and annotation properties of every such event.
function eventMessage(
  source: Exclude<MessageSource, 'deviceMessages'>,
  schema: string,
  opType: string,
  key: IdentityKey,
  body: JsonObject,
  context: MessageContext,
): HubMessage {
  return {
    source,
    deviceId: key.deviceId,
    ...moduleOf(key),
    body: Buffer.from(JSON.stringify(body)),
    contentType: 'application/json',
    contentEncoding: 'utf-8',
    correlationId: context.correlationId,
    userId: context.hubName,
    applicationProperties: {
      hubName: context.hubName,
      deviceId: key.deviceId,
      ...moduleOf(key),
      opType,
      operationTimestamp: sevenDigits(context.at),
      'iothub-message-schema': schema,
    },
    annotations: connectionAnnotations(key, context.at, source),
  };
}

export const twinMessage = (
  opType: 'updateTwin' | 'replaceTwin',
  key: IdentityKey,
  body: JsonObject,
  context: MessageContext,
): HubMessage => eventMessage('twinChangeEvents', 'twinChangeNotification', opType, key, body, context);

/** Modules have the same source and opTypes as devices: only `moduleId` tells them apart. */
export const lifecycleMessage = (
  opType: 'createDeviceIdentity' | 'deleteDeviceIdentity',
  key: IdentityKey,
  twin: ToldTwin,
  context: MessageContext,
): HubMessage =>
  eventMessage('deviceLifecycleEvents', 'deviceLifecycleNotification', opType, key, lifecycleBody(twin), context);

/** `sequenceNumber`: 64 hexadecimal digits which grow as texts. */
export const connectionStateMessage = (
  connected: boolean,
  key: IdentityKey,
  sequenceNumber: string,
  context: MessageContext,
): HubMessage =>
  eventMessage(
    'deviceConnectionStateEvents',
    'deviceConnectionStateNotification',
    connected ? 'deviceConnected' : 'deviceDisconnected',
    key,
    { sequenceNumber },
    context,
  );

/** A twin as events carry it, with the scope of an Edge device or of its leaf (suites of the SDKs). */
type ToldTwin = TwinRecord & { deviceScope?: string };

export const toldTwin = ({ identity, twin }: Entry): ToldTwin => ({
  ...twinRecord(keyOf(identity), twin),
  ...(identity.deviceScope === undefined ? {} : { deviceScope: identity.deviceScope }),
});

const twinBody = (twin: ToldTwin, tags: { tags?: JsonObject }): JsonObject => ({
  deviceId: twin.deviceId,
  ...moduleOf(twin),
  etag: twin.etag,
  version: twin.version,
  ...tags,
  properties: { desired: twin.desired, reported: twin.reported },
  ...(twin.deviceScope === undefined ? {} : { deviceScope: twin.deviceScope }),
});

/** The whole twin, with empty tags too: a replace may have emptied them. */
export const replacedTwinBody = (twin: ToldTwin): JsonObject => twinBody(twin, { tags: twin.tags });

/** No authentication, and no tags where there are none. */
const lifecycleBody = (twin: ToldTwin): JsonObject =>
  twinBody(twin, Object.keys(twin.tags).length === 0 ? {} : { tags: twin.tags });

const telemetrySystemNames = ['messageId', 'contentType', 'contentEncoding', 'correlationId', 'userId'] as const;

/** Telemetry with the system properties of those names; `properties` are the application's. */
export function telemetryMessage(
  key: IdentityKey,
  body: Buffer,
  systemProperties: SystemProperties,
  properties: Record<string, string>,
  details: { at: Date; generationId: string; proof: Proof },
): HubMessage {
  const given = telemetrySystemNames.filter((name) => Object.hasOwn(systemProperties, name));
  const system: Pick<HubMessage, (typeof telemetrySystemNames)[number]> = Object.fromEntries(
    given.map((name) => [name, systemProperties[name] ?? '']),
  );
  return {
    source: 'deviceMessages',
    deviceId: key.deviceId,
    ...moduleOf(key),
    body,
    ...system,
    applicationProperties: { ...properties },
    annotations: {
      ...connectionAnnotations(key, details.at, 'Telemetry'),
      'iothub-connection-auth-method': authMethodOf(key, details.proof),
      'iothub-connection-auth-generation-id': details.generationId,
    },
  };
}
