import rhea, { type Message, type Sender } from 'rhea';
import type { IdentityKey, JsonObject } from '../../contracts.js';
import type { Refusal } from '../mqtt/hub-errors.js';
import { parseObject, twinDocument } from '../mqtt/twin-requests.js';
import { bytesOf } from './bytes.js';
import { admitted, DeviceRefusal, refusalIn } from './refusals.js';
import type { DeviceScope } from './scope.js';

interface TwinAnswer {
  status: number;
  version?: number;
  body: string;
}

const badPatch: Refusal = { status: 400, errorCode: 400004, message: 'the patch is not a JSON object' };
const unknownOperation: Refusal = { status: 400, errorCode: 400000, message: 'there is no such twin operation' };
const desiredNotifications = '/notifications/twin/properties/desired';

/** Desired changes go to links that asked for them. */
export interface TwinSubscriptions {
  add(key: IdentityKey): void;
  remove(key: IdentityKey): void;
}

/** Annotations of requests, as the device SDKs write them: `operation` and `resource`. */
const perform = async (
  { core, faults }: DeviceScope,
  key: IdentityKey,
  request: Message,
  subscriptions: TwinSubscriptions,
): Promise<TwinAnswer> => {
  const { operation, resource } = (request.message_annotations ?? {}) as Record<string, unknown>;
  if (operation === 'GET') {
    await admitted(core, faults, 'twinReads');
    const body = JSON.stringify(twinDocument(core, key));
    core.limits.charge('twinReads', body.length);
    return { status: 200, body };
  }
  if (operation === 'PATCH' && resource === '/properties/reported') {
    await admitted(core, faults, 'twinWrites');
    const bytes = bytesOf(request.body);
    const patch = parseObject(bytes);
    if (patch === undefined) throw new DeviceRefusal(badPatch);
    const version = core.patchReported(key, patch);
    core.limits.charge('twinWrites', bytes.length);
    return { status: 200, version, body: '' };
  }
  if (resource !== desiredNotifications || (operation !== 'PUT' && operation !== 'DELETE')) {
    throw new DeviceRefusal(unknownOperation);
  }
  if (operation === 'PUT') subscriptions.add(key);
  else subscriptions.remove(key);
  return { status: 200, body: '' };
};

const asAnswer = (error: unknown): TwinAnswer => {
  const { status, errorCode, message } = refusalIn(error);
  return { status, body: JSON.stringify({ errorCode, message }) };
};

/** One request of a device on its twin link, answered on the other one with the same correlation id. */
export const answerTwinRequest = async (
  scope: DeviceScope,
  key: IdentityKey,
  request: Message,
  subscriptions: TwinSubscriptions,
  sender: Sender | undefined,
): Promise<void> => {
  const { status, version, body } = await perform(scope, key, request, subscriptions).catch(asAnswer);
  sender?.send({
    correlation_id: request.correlation_id,
    message_annotations: {
      status: rhea.types.wrap_int(status),
      ...(version === undefined ? {} : { version: rhea.types.wrap_long(version) }),
    },
    body: rhea.message.data_section(Buffer.from(body)),
  } as Message);
};

/** A desired change has no correlation id: the SDKs know it by that. */
export const sendDesired = (sender: Sender, patch: JsonObject): void => {
  sender.send({ body: rhea.message.data_section(Buffer.from(JSON.stringify(patch))) });
};
