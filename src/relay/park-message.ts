import type { ReceivedEventData } from '@azure/event-hubs';
import type { RelayOrigin } from './map-message.js';
import { mapMessage } from './map-message.js';
import { bytesOf } from './message-body.js';
import type { RelayParkPort } from './ports.js';

/** Metadata of a blob is small, and the store leaves out what would be too long (src/azure/storage/parked-blobs.ts). */
const MAX_PROPERTIES_LENGTH = 4_000;

/** Why the target never takes it. */
export type RelayParkCause = 'tooLarge' | 'refused' | 'defect';

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
  const { applicationProperties } = mapMessage(event, origin, { deduplicationKey: false });
  const properties = Object.fromEntries(
    Object.entries(applicationProperties).map(([name, value]) => [name, String(value)]),
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
