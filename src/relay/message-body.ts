import type { ReceivedEventData } from '@azure/event-hubs';
import type { RelayMessage } from './ports.js';

type Body = Pick<RelayMessage, 'body' | 'bodyType'>;

/** A body section as the AMQP library decodes it; the SDK hands it on untouched in its raw message. */
const contentOf = (section: unknown): unknown =>
  typeof section === 'object' && section !== null && 'typecode' in section && 'content' in section
    ? section.content
    : section;

/**
 * The body as it came over the wire. `event.body` is not that: the SDK parses what looks like JSON, and writing it again may change
 * numbers, spaces and the order of keys. Several data sections are one sequence of bytes (AMQP 1.0, part 3, 3.2.6).
 */
export function bodyOf(event: ReceivedEventData): Body {
  const raw = event.getRawAmqpMessage();
  const content = contentOf(raw.body);
  if (raw.bodyType === 'sequence' || raw.bodyType === 'value') return { body: content, bodyType: raw.bodyType };
  if (Array.isArray(content)) return { body: Buffer.concat(content as Buffer[]), bodyType: 'data' };
  return { body: content instanceof Uint8Array ? content : Buffer.alloc(0), bodyType: 'data' };
}

/** The bytes to keep of a message that is parked: its data, or whatever else it holds as JSON. */
export function bytesOf(event: ReceivedEventData): Uint8Array {
  const { body, bodyType } = bodyOf(event);
  return bodyType === 'data' && body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body) ?? '');
}
