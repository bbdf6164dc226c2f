import type { ReceivedEventData } from '@azure/event-hubs';
import type { ProcessorPartition } from '../consumer/contract.js';
import { deduplicationKeyOf } from './deduplication-key.js';
import { bodyOf } from './message-body.js';
import { toMessageId } from './message-id.js';
import type { RelayMessage } from './ports.js';
import { displacedPrefix, isReserved, relayProperty } from './property-names.js';
import { toPropertyValue, type PropertyValue } from './property-value.js';

export type RelayOrigin = Pick<ProcessorPartition, 'hub' | 'generation' | 'endpoint' | 'eventHubName' | 'partitionId'>;

/** `x-opt-*` are Event Hubs' own of the source; the target writes its own. What of them matters is told as `relay-*`. */
const hubAnnotations = (event: ReceivedEventData): [string, PropertyValue][] =>
  Object.entries(event.getRawAmqpMessage().messageAnnotations ?? {}).flatMap(
    ([name, value]): [string, PropertyValue][] =>
      name.startsWith('x-opt-') || value === undefined || value === null ? [] : [[name, toPropertyValue(value)]],
  );

/** Time to live and absolute expiry were meant for the way to the hub. NaN: a creation time beyond those of JavaScript. */
const keptProperties = (properties: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(properties)
      .filter(([name, value]) => name !== 'absoluteExpiryTime' && !Number.isNaN(value))
      .map(([name, value]) => [name, name === 'messageId' || name === 'correlationId' ? toMessageId(value) : value]),
  );

/** Where the message was read: the same for each copy of it that the relay may make, but for the generation. */
export const originOf = (event: ReceivedEventData, origin: RelayOrigin): Record<string, PropertyValue> => ({
  [relayProperty.hub]: origin.hub,
  [relayProperty.generation]: String(origin.generation),
  [relayProperty.endpoint]: origin.endpoint,
  [relayProperty.eventHubName]: origin.eventHubName,
  [relayProperty.partition]: origin.partitionId,
  [relayProperty.sequenceNumber]: String(event.sequenceNumber),
  [relayProperty.offset]: event.offset,
  [relayProperty.enqueuedTime]: toPropertyValue(event.enqueuedTimeUtc),
});

/**
 * A hub's message as the target gets it: body and application properties untouched, the hub's annotations as properties of the
 * same names, and where it came from. A device's own property never hides one of these: it is kept as `relay-app-{name}`.
 */
export function mapMessage(
  event: ReceivedEventData,
  origin: RelayOrigin,
  options: { deduplicationKey: boolean },
): RelayMessage {
  const raw = event.getRawAmqpMessage();
  const annotations = hubAnnotations(event);
  const told = new Set(annotations.map(([name]) => name));
  const own = Object.entries(raw.applicationProperties ?? {}).map(([name, value]): [string, PropertyValue] => [
    told.has(name) || isReserved(name) ? `${displacedPrefix}${name}` : name,
    toPropertyValue(value),
  ]);
  return {
    ...bodyOf(event),
    applicationProperties: {
      ...Object.fromEntries(own),
      ...Object.fromEntries(annotations),
      ...originOf(event, origin),
      ...(options.deduplicationKey ? { [relayProperty.deduplicationKey]: deduplicationKeyOf(event, origin) } : {}),
    },
    properties: keptProperties({ ...raw.properties }),
  };
}
