import type { Message } from 'rhea';
import type { IdentityKey, MessageId } from '../../contracts.js';
import { bytesOf } from './bytes.js';
import { admitted } from './refusals.js';
import type { DeviceScope } from './scope.js';

/** IoT Hub's names of AMQP's own properties (part 3, 3.2.4). */
const systemNames = {
  user_id: 'userId',
  content_type: 'contentType',
  content_encoding: 'contentEncoding',
} as const;

const textOf = (value: unknown): string => (Buffer.isBuffer(value) ? value.toString('utf8') : String(value));

const textsOf = (values: object): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([name, value]) => [name, textOf(value)]),
  );

const isMessageId = (value: unknown): value is MessageId =>
  typeof value === 'string' || typeof value === 'number' || Buffer.isBuffer(value);

/** Ids keep their AMQP type (the Event Hubs SDK's own tests; the device SDK writes UUIDs as uuid): rhea gives a uuid as 16 bytes. */
const idsOf = ({ message_id: messageId, correlation_id: correlationId }: Message): Record<string, MessageId> =>
  Object.fromEntries(
    Object.entries({ messageId, correlationId }).filter((entry): entry is [string, MessageId] => isMessageId(entry[1])),
  );

/** Telemetry is taken over before it is accepted. Throws as the core, faults and throttles do. */
export const takeTelemetry = async (
  { core, faults, connection }: DeviceScope,
  key: IdentityKey,
  message: Message,
): Promise<void> => {
  await admitted(core, faults, 'd2c');
  const bytes = bytesOf(message.body);
  const names = Object.entries(systemNames) as [keyof typeof systemNames, string][];
  const system = {
    ...textsOf(Object.fromEntries(names.map(([from, to]) => [to, message[from]]))),
    ...idsOf(message),
  };
  core.limits.charge('d2c', bytes.length);
  core.acceptTelemetry(key, bytes, system, textsOf(message.application_properties ?? {}), connection.proofOf(key));
};
