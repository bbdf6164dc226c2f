import rhea, { type Message } from 'rhea';
import type { HubMessage, MessageId } from '../contracts.js';
import { bytesOf } from '../hub/amqp/bytes.js';

type Fields = Pick<
  Message,
  'message_annotations' | 'message_id' | 'content_type' | 'content_encoding' | 'application_properties' | 'body'
>;

const plainValue = (value: unknown): string | number =>
  value instanceof Date ? value.getTime() : typeof value === 'number' ? value : String(value);

const textsOf = (values: object = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));

const given = (properties: Record<string, unknown>): Record<string, string> =>
  textsOf(Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined)));

const idOf = (id: unknown): MessageId => (Buffer.isBuffer(id) || typeof id === 'number' ? id : String(id));

/** A stored event as the hub had accepted it. */
export const lostMessage = (encoded: Buffer): HubMessage => {
  const decoded: object = rhea.message.decode(encoded);
  const fields = decoded as Fields;
  const annotations = Object.fromEntries(
    Object.entries(fields.message_annotations ?? {}).map(([name, value]) => [name, plainValue(value)]),
  );
  return {
    source: 'deviceMessages',
    deviceId: String(annotations['iothub-connection-device-id']),
    ...given({
      moduleId: annotations['iothub-connection-module-id'],
      contentType: fields.content_type,
      contentEncoding: fields.content_encoding,
    }),
    ...(fields.message_id === undefined ? {} : { messageId: idOf(fields.message_id) }),
    body: bytesOf(fields.body),
    applicationProperties: textsOf(fields.application_properties),
    annotations,
  };
};
