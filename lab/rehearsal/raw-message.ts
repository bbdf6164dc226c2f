import type { ReceivedEventData } from '@azure/event-hubs';
import type { RawMessage } from './contents.js';

/** The reader asks for bytes; what comes as something else was no data section. */
const bytesOf = (body: unknown): Buffer =>
  body instanceof Uint8Array ? Buffer.from(body) : Buffer.from(JSON.stringify(body) ?? '');

const pick = (
  fields: Readonly<Record<string, unknown>>,
  isWanted: (name: string) => boolean,
): Record<string, unknown> => Object.fromEntries(Object.entries(fields).filter(([name]) => isWanted(name)));

const isHubs = (name: string): boolean => name.startsWith('iothub-');

const ownOf = (event: ReceivedEventData) => ({
  body: bytesOf(event.body),
  messageId: event.messageId,
  contentType: event.contentType,
  contentEncoding: event.getRawAmqpMessage().properties?.contentEncoding,
});

/** As the hub's built-in endpoint holds a message: what the hub says is in the annotations. */
export const rawOfHub = (event: ReceivedEventData): RawMessage => ({
  ...ownOf(event),
  properties: event.properties ?? {},
  hub: pick({ ...event.getRawAmqpMessage().messageAnnotations }, isHubs),
});

/** As the relay writes one (docs/relay.md): what the hub says is beside the device's properties, and so is where the message came from. */
export const rawOfRelay = (event: ReceivedEventData): RawMessage => ({
  ...ownOf(event),
  properties: pick(event.properties ?? {}, (name) => !isHubs(name) && !name.startsWith('relay-')),
  hub: pick(event.properties ?? {}, isHubs),
});
