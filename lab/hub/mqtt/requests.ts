import type { PublishPacket } from 'aedes';
import type { FaultGate, HubCore, HubErrorShape, IdentityKey, ThrottleKind } from '../../contracts.js';
import { isHubError, refusalOf, refusalOfStatus } from './hub-errors.js';
import { parsePropertyBag } from './property-bag.js';
import type { Session } from './sessions.js';
import { parsePublishTopic, TWIN_RESPONSES, type DeviceRequest } from './topics.js';
import { answerReportedPatch, answerTwinGet, refuseTwinRequest, type TwinReply } from './twin-requests.js';

/** IoT Hub, "Quotas and throttling": device-to-cloud messages of at most 256 KB. */
const MAX_MESSAGE_BYTES = 256 * 1024;

/** Why a PUBLISH costs the connection: MQTT 3.1.1 has no negative acknowledgement ([MQTT-3.3.5-2]). */
export type PublishRefusal =
  'topicNotAllowed' | 'qos2NotSupported' | 'messageTooLarge' | 'malformedProperties' | 'refusedByHub' | 'fault';

export interface RequestOptions {
  core: HubCore;
  faults: FaultGate;
}

type TwinRequest = Extract<DeviceRequest, { requestId: string }>;

/** Does what a device asks by one PUBLISH. Resolves with the reason when the connection must be closed. */
export async function handlePublish(
  { core, faults }: RequestOptions,
  session: Session,
  packet: PublishPacket,
): Promise<PublishRefusal | undefined> {
  const request = parsePublishTopic(session.key, packet.topic);
  if (request === undefined) return 'topicNotAllowed';
  // "IoT Hub doesn't support QoS 2 messages. If a device app publishes a message with QoS 2, IoT Hub closes the network connection."
  if (packet.qos === 2) return 'qos2NotSupported';
  const retained = packet.retain;
  // IoT Hub keeps no retained messages; the broker would.
  packet.retain = false;
  if (request.kind === 'methodResponse') return undefined;

  const body = Buffer.from(packet.payload);
  const instead = await faults.before(core.role, 'mqtt');
  if (request.kind === 'telemetry') {
    if (instead !== undefined) return 'fault';
    if ((await refusedByLimits(core, 'd2c')) !== undefined) return 'refusedByHub';
    core.limits.charge('d2c', body.length);
    return acceptTelemetry(core, session, body, request.propertyBag, retained);
  }
  sendReply(session, await twinReply(core, session.key, request, body, instead));
  return undefined;
}

async function twinReply(
  core: HubCore,
  key: IdentityKey,
  { kind, requestId }: TwinRequest,
  body: Buffer,
  instead: { status: number } | undefined,
): Promise<TwinReply> {
  if (instead !== undefined) return refuseTwinRequest(requestId, refusalOfStatus(instead.status));
  const throttle = kind === 'twinGet' ? 'twinReads' : 'twinWrites';
  const refused = await refusedByLimits(core, throttle);
  if (refused !== undefined) return refuseTwinRequest(requestId, refusalOf(refused));
  const reply =
    kind === 'twinGet' ? answerTwinGet(core, key, requestId) : answerReportedPatch(core, key, requestId, body);
  core.limits.charge(throttle, kind === 'twinGet' ? reply.payload.length : body.length);
  return reply;
}

async function refusedByLimits(core: HubCore, kind: ThrottleKind): Promise<HubErrorShape | undefined> {
  try {
    await core.limits.admit(kind);
    return undefined;
  } catch (error) {
    if (isHubError(error)) return error;
    throw error;
  }
}

function acceptTelemetry(
  core: HubCore,
  session: Session,
  body: Buffer,
  propertyBag: string,
  retained: boolean,
): PublishRefusal | undefined {
  if (body.length > MAX_MESSAGE_BYTES) return 'messageTooLarge';
  const properties = parsePropertyBag(propertyBag);
  if (properties === undefined) return 'malformedProperties';
  const application = { ...properties.application };
  // "If the message has RETAIN set, IoT Hub adds mqtt-retain to the application properties"; a will (3.1.2.5) is told by its type.
  if (retained) application['mqtt-retain'] = 'true';
  if (session.client.closed) application['iothub-MessageType'] = 'Will';
  try {
    core.acceptTelemetry(session.key, body, properties.system, application, session.proof);
    return undefined;
  } catch (error) {
    if (isHubError(error)) return 'refusedByHub';
    throw error;
  }
}

function sendReply(session: Session, { topic, payload }: TwinReply): void {
  // "To receive responses, a device must be subscribed to $iothub/twin/res/#"
  if (session.filters.has(TWIN_RESPONSES)) publishTo(session, topic, payload);
}

/** QoS 0: IoT Hub sends twin traffic at most once. */
export function publishTo(session: Session, topic: string, payload: string): void {
  // A connection that closes meanwhile loses the message, which is what QoS 0 means; aedes reports the close by itself.
  session.client.publish({ cmd: 'publish', topic, payload, qos: 0, retain: false, dup: false }, () => undefined);
}
