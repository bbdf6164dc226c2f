import rhea, { type Message, type Sender } from 'rhea';
import type { Refusal } from '../mqtt/hub-errors.js';
import { keyOfAudience } from './addresses.js';
import { bytesOf } from './bytes.js';
import { admitted, DeviceRefusal, refusalIn, requireDeviceSide } from './refusals.js';
import type { DeviceScope } from './scope.js';

const notAToken: Refusal = {
  status: 400,
  errorCode: 400000,
  message: 'put-token with a token of a device is all there is',
};

/** AMQP claims-based security 1.0, section 3. Throws what the answer must say. */
const putToken = async (scope: DeviceScope, request: Message): Promise<void> => {
  const { core, faults, connection } = scope;
  await admitted(core, faults, 'connections');
  requireDeviceSide(scope);
  const { operation, type, name } = (request.application_properties ?? {}) as Record<string, unknown>;
  const key = keyOfAudience(name);
  if (operation !== 'put-token' || type !== 'servicebus.windows.net:sastoken' || key === undefined) {
    throw new DeviceRefusal(notAToken);
  }
  const token = typeof request.body === 'string' ? request.body : bytesOf(request.body).toString('utf8');
  connection.enter(key, core.authenticateDevice(key, token));
};

export const answerPutToken = async (
  scope: DeviceScope,
  request: Message,
  sender: Sender | undefined,
): Promise<void> => {
  const refusal = await putToken(scope, request).then(() => undefined, refusalIn);
  if (refusal !== undefined) scope.log(`$cbs answered ${refusal.status}: ${refusal.message}`);
  sender?.send({
    correlation_id: request.message_id,
    application_properties: {
      // The device SDKs take 200 only for success.
      'status-code': rhea.types.wrap_int(refusal?.status ?? 200),
      'status-description': refusal?.message ?? 'OK',
    },
    body: null,
  } as Message);
};
