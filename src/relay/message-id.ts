import { toPropertyValue } from './property-value.js';

/** As an AMQP uuid is read: 16 bytes (AMQP 1.0, part 1, 1.6.18). */
const isUuid = (value: unknown): value is Uint8Array => value instanceof Uint8Array && value.length === 16;

const uuidText = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

/**
 * A message-id or correlation-id as text; `undefined`: none. AMQP has four types for them (part 3, 3.2.4). The device SDK writes a UUID as 16 bytes
 * over AMQP and as text over MQTT: both are the same text here. A binary id of 16 bytes cannot be told from a UUID.
 */
export const messageIdText = (value: unknown): string | undefined =>
  value === undefined || value === null ? undefined : String(isUuid(value) ? uuidText(value) : toPropertyValue(value));

/** What the AMQP library writes as it read it. It takes any other bytes for a UUID and breaks the message: they become text. */
export const toMessageId = (value: unknown): unknown =>
  value instanceof Uint8Array && !isUuid(value) ? messageIdText(value) : value;
