import { createHash } from 'node:crypto';
import type { ReceivedEventData } from '@azure/event-hubs';
import { messageIdText } from './message-id.js';
import { toPropertyValue } from './property-value.js';

export interface MessagePlace {
  hub: string;
  endpoint: string;
  eventHubName: string;
  partitionId: string;
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;

/**
 * The same for each copy of one message: 43 characters of base64url. With a message-id that the device set: of device, module and
 * message-id, so that what a device sends again is a copy too, also to the other hub. Without one: of the place where the message is stored and the time it
 * was stored, for a namespace that comes back counts from 0 again. Never of the generation: a return reads an overlap under a new one.
 */
export function deduplicationKeyOf(event: ReceivedEventData, place: MessagePlace): string {
  const { systemProperties = {} } = event;
  const messageId = messageIdText(event.messageId);
  const deviceId = textOf(systemProperties['iothub-connection-device-id']);
  const parts =
    messageId && deviceId
      ? ['message', deviceId, textOf(systemProperties['iothub-connection-module-id']) ?? '', messageId]
      : [
          'place',
          place.hub,
          place.endpoint,
          place.eventHubName,
          place.partitionId,
          String(event.sequenceNumber),
          toPropertyValue(event.enqueuedTimeUtc),
        ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
