import type { ReceivedEventData } from '@azure/event-hubs';
import type { RelayOrigin } from '../../../../src/relay/map-message.js';

export interface EventParts {
  sequenceNumber?: number;
  body?: Buffer | Buffer[];
  properties?: Record<string, unknown>;
  annotations?: Record<string, unknown>;
  amqp?: Record<string, unknown>;
  messageId?: string | number | Buffer;
  enqueuedAt?: Date;
}

const DATA_SECTION = 0x75;

/** An event as the SDK hands it over: body parsed, raw message beside it. */
export function anEvent(parts: EventParts = {}): ReceivedEventData {
  const { sequenceNumber = 7, body = Buffer.from('{"a": 1.0}'), messageId } = parts;
  const annotations = { 'iothub-connection-device-id': 'pump', ...parts.annotations };
  return {
    body: Buffer.isBuffer(body) ? body.toString() : body,
    ...(messageId === undefined ? {} : { messageId }),
    enqueuedTimeUtc: parts.enqueuedAt ?? new Date('2026-03-01T10:00:00.123Z'),
    partitionKey: 'pump',
    offset: String(sequenceNumber * 100),
    sequenceNumber,
    systemProperties: annotations,
    getRawAmqpMessage: () => ({
      body: { typecode: DATA_SECTION, content: body },
      bodyType: 'data',
      messageAnnotations: {
        'x-opt-sequence-number': sequenceNumber,
        'x-opt-offset': String(sequenceNumber * 100),
        'x-opt-enqueued-time': new Date(),
        ...annotations,
      },
      applicationProperties: parts.properties ?? {},
      properties: { ...(messageId === undefined ? {} : { messageId }), ...parts.amqp },
    }),
  };
}

export const anOrigin = (change: Partial<RelayOrigin> = {}): RelayOrigin => ({
  hub: 'north',
  generation: 2,
  endpoint: 'iothub-ns-north-2.servicebus.windows.net',
  eventHubName: 'iothub-ehub-north-1',
  partitionId: '3',
  ...change,
});
