import rhea from 'rhea';
import type { HubMessage, MessageId } from '../contracts.js';
import { section, splitSections, type MessageSection } from './amqp-sections.js';
import type { EventPosition, PartitionLog } from './partition-log.js';

const { message: codec, types } = rhea;

/** What Event Hubs adds to every event: "AMQP 1.0 in Azure Event Hubs protocol guide". The offset is a string on the wire. */
const positionAnnotations = (position: EventPosition, partitionKey: string | undefined): Record<string, unknown> => ({
  'x-opt-sequence-number': types.wrap_long(position.sequenceNumber),
  'x-opt-offset': types.wrap_string(String(position.offset)),
  'x-opt-enqueued-time': types.wrap_timestamp(position.enqueuedAt),
  ...(partitionKey === undefined ? {} : { 'x-opt-partition-key': types.wrap_string(partitionKey) }),
});

/** Bytes of the first section of an encoding that holds just that section and an empty body. */
const encodeSection = (descriptor: number, message: object): Buffer => {
  const found = splitSections(codec.encode(message)).find((candidate) => candidate.descriptor === descriptor);
  if (found === undefined) throw new RangeError(`section ${descriptor} was not encoded`);
  return found.bytes;
};

/** Only `iothub-enqueuedtime` is a time among IoT Hub's annotations. */
const typedAnnotation = (name: string, value: string | number): unknown =>
  name === 'iothub-enqueuedtime' && typeof value === 'number' ? types.wrap_timestamp(value) : value;

const UUID_BYTES = 16;

/** rhea takes all bytes for a uuid. */
const idOf = (id: MessageId | undefined): unknown =>
  Buffer.isBuffer(id) && id.length !== UUID_BYTES ? types.wrap_binary(id) : id;

/** A hub's message as the whole AMQP message that readers get. */
export const encodeHubMessage = (message: HubMessage, partitionKey: string, position: EventPosition): Buffer => {
  const encoded = codec.encode({
    message_annotations: {
      ...Object.fromEntries(
        Object.entries(message.annotations).map(([name, value]) => [name, typedAnnotation(name, value)]),
      ),
      ...positionAnnotations(position, partitionKey),
    },
    message_id: idOf(message.messageId),
    content_type: message.contentType,
    content_encoding: message.contentEncoding,
    correlation_id: idOf(message.correlationId),
    user_id: message.userId === undefined ? undefined : Buffer.from(message.userId, 'utf8'),
    application_properties: message.applicationProperties,
    body: codec.data_section(message.body),
  });
  // rhea's encoder hands out a slice of a larger buffer, which a stored event would keep alive.
  return Buffer.from(encoded);
};

const annotationsIn = (sections: readonly MessageSection[]): Record<string, unknown> => {
  const found = sections.find(({ descriptor }) => descriptor === section.messageAnnotations);
  return found === undefined ? {} : { ...codec.decode(found.bytes)['message_annotations'] };
};

/** The key that a producer gave a message or a batch, if any. */
export const partitionKeyOf = (sections: readonly MessageSection[]): string | undefined => {
  const key = annotationsIn(sections)['x-opt-partition-key'];
  return typeof key === 'string' ? key : undefined;
};

/**
 * A producer's message, taken apart before anything is stored: Event Hubs' annotations replace header and annotations, the
 * rest stays byte for byte. `key` is that of the batch. Throws RangeError for bytes that are no message.
 */
export const prepareProduced = (encoded: Buffer, key: string | undefined): ((position: EventPosition) => Buffer) => {
  const sections = splitSections(encoded);
  const given = annotationsIn(sections);
  const partitionKey = partitionKeyOf(sections) ?? key;
  const kept = sections.filter(({ descriptor }) => descriptor >= section.properties).map(({ bytes }) => bytes);
  return (position) => {
    const annotations = { ...given, ...positionAnnotations(position, partitionKey) };
    return Buffer.concat([encodeSection(section.messageAnnotations, { message_annotations: annotations }), ...kept]);
  };
};

/** The delivery annotations that a reader gets which asked for `com.microsoft:enable-receiver-runtime-metric`. */
export const encodeRuntimeMetric = (log: PartitionLog, now: number): Buffer =>
  encodeSection(section.deliveryAnnotations, {
    delivery_annotations: {
      last_enqueued_sequence_number: types.wrap_long(log.nextSequenceNumber - 1),
      last_enqueued_offset: types.wrap_string(String(log.last?.offset ?? -1)),
      last_enqueued_time_utc: types.wrap_timestamp(log.last?.enqueuedAt ?? 0),
      runtime_info_retrieval_time_utc: types.wrap_timestamp(now),
    },
  });

/** Message format of a batch envelope: each data section of its body is one encoded message. */
export const batchFormat = 0x80013700;

/** The messages in a batch envelope. Throws RangeError for bytes that are none. */
export const messagesInBatch = (envelope: Buffer): Buffer[] =>
  splitSections(envelope)
    .filter(({ descriptor }) => descriptor === section.data)
    .map(({ bytes }) => binaryOf(bytes));

/** The bytes inside a data section: 0x00, descriptor, then vbin8 (0xa0) or vbin32 (0xb0); AMQP 1.0 part 3, section 3.2.6. */
const binaryOf = (dataSection: Buffer): Buffer => {
  const value = dataSection.readUInt8(1) === 0x80 ? 10 : 3;
  return dataSection.subarray(value + (dataSection.readUInt8(value) === 0xa0 ? 2 : 5));
};
