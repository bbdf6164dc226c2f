/** Names of what the relay adds to a message. They are a contract with those who read the target: docs/relay.md. */
export const relayProperty = {
  hub: 'relay-hub',
  generation: 'relay-generation',
  endpoint: 'relay-endpoint',
  eventHubName: 'relay-event-hub-name',
  partition: 'relay-partition',
  sequenceNumber: 'relay-sequence-number',
  offset: 'relay-offset',
  enqueuedTime: 'relay-enqueued-time',
  deduplicationKey: 'relay-deduplication-key',
} as const;

/** A device's own property that would pass for one of the hub's or of ours is kept under this prefix. */
export const displacedPrefix = 'relay-app-';

/**
 * What readers trust to come from the hub ("Create and read IoT Hub messages", system properties), whether or not this message
 * has it: a device could else call itself another one.
 */
const hubsOwn = new Set([
  'iothub-connection-device-id',
  'iothub-connection-module-id',
  'iothub-connection-auth-method',
  'iothub-connection-auth-generation-id',
  'iothub-enqueuedtime',
  'iothub-message-source',
]);

export const isReserved = (name: string): boolean => name.startsWith('relay-') || hubsOwn.has(name);
