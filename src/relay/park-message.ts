import type { ReceivedEventData } from '@azure/event-hubs';
import { mapMessage, originOf, type RelayOrigin } from './map-message.js';
import { bytesOf } from './message-body.js';
import { messageIdText } from './message-id.js';
import type { RelayMessage, RelayParkPort } from './ports.js';
import type { PropertyValue } from './property-value.js';

/** Metadata of a blob is small, and the store leaves out what would be too long (src/azure/storage/parked-blobs.ts). */
const MAX_PROPERTIES_LENGTH = 4_000;

/** Why the target never takes it. */
export type RelayParkCause = 'tooLarge' | 'refused' | 'defect';

/** What a message tells of itself, which is no application property: under names of ours, which a device can't take. */
const ownNames = {
  messageId: 'relay-message-id',
  correlationId: 'relay-correlation-id',
  contentType: 'relay-content-type',
  contentEncoding: 'relay-content-encoding',
} as const;

const selfOf = (properties: RelayMessage['properties']): [string, PropertyValue][] =>
  Object.entries(ownNames).flatMap(([own, name]): [string, PropertyValue][] => {
    const value = properties[own];
    const text = messageIdText(value);
    return text === undefined ? [] : [[name, text]];
  });

/** A message that has no mapping is parked for just that: where it was read must do, with the name of what was thrown. */
const propertiesOf = (event: ReceivedEventData, origin: RelayOrigin): Record<string, PropertyValue> => {
  try {
    const { applicationProperties, properties } = mapMessage(event, origin, { deduplicationKey: false });
    return { ...applicationProperties, ...Object.fromEntries(selfOf(properties)) };
  } catch (error) {
    return { ...originOf(event, origin), 'relay-unmapped': error instanceof Error ? error.name : typeof error };
  }
};

/**
 * Keeps one message: its body's bytes, and what else the target would have got as properties. Where these are more than the store
 * keeps beside the bytes they are parked as an item of their own, `{sequence}-properties`.
 */
export async function parkMessage(
  park: RelayParkPort,
  event: ReceivedEventData,
  origin: RelayOrigin,
  cause: RelayParkCause,
): Promise<void> {
  const properties = Object.fromEntries(
    Object.entries(propertiesOf(event, origin)).map(([name, value]) => [name, String(value)]),
  );
  // A namespace that comes back counts from 0 again: the generation keeps the two apart.
  const item = {
    source: `relay-${origin.hub}-${origin.generation}-${origin.partitionId}`,
    reason: 'refusedByTarget' as const,
  };
  const sequence = String(event.sequenceNumber);
  const json = JSON.stringify(properties);
  const fits = encodeURIComponent(json).length <= MAX_PROPERTIES_LENGTH;
  if (!fits) await park.park({ ...item, sequence: `${sequence}-properties`, body: Buffer.from(json) });
  await park.park({
    ...item,
    sequence,
    body: bytesOf(event),
    properties: { 'relay-cause': cause, ...(fits ? properties : {}) },
  });
}
