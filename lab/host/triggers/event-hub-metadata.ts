import type { PartitionContext, ReceivedEventData } from '@azure/event-hubs';
import { rewriteDates, unspecifiedTime } from '../json-net.js';
import type { RpcTypedData } from '../rpc-types.js';
import { textCollection } from './event-hub-input.js';

const json = (value: unknown): RpcTypedData => ({ json: JSON.stringify(value) });

/** A long as protobufjs gives it to the worker. */
function toHalves(value: number): { low: number; high: number; unsigned: boolean } {
  return { low: value | 0, high: Math.floor(value / 2 ** 32), unsigned: false };
}

/** AMQP message properties by the names that the .NET client gives them. */
const propertyNames: readonly (readonly [string, string])[] = [
  ['messageId', 'message-id'],
  ['userId', 'user-id'],
  ['to', 'to'],
  ['subject', 'subject'],
  ['replyTo', 'reply-to'],
  ['correlationId', 'correlation-id'],
  ['contentType', 'content-type'],
  ['contentEncoding', 'content-encoding'],
];

/** Annotations under their own names, AMQP properties, and the four that the extension adds to each entry. */
function systemProperties(event: ReceivedEventData): unknown {
  const raw = event.getRawAmqpMessage();
  const sent: Record<string, unknown> = { ...raw.properties };
  const properties = propertyNames
    .map(([from, to]) => [to, textOf(sent[from])])
    .filter(([, value]) => value !== undefined);
  return rewriteDates(
    // JSON turns a timestamp (Date) into text first.
    JSON.parse(
      JSON.stringify({
        ...(Object.fromEntries(properties) as Record<string, unknown>),
        ...raw.messageAnnotations,
        SequenceNumber: event.sequenceNumber,
        OffsetString: event.offset,
        EnqueuedTimeUtc: unspecifiedTime(event.enqueuedTimeUtc),
        PartitionKey: event.partitionKey ?? null,
      }),
    ),
  );
}

const textOf = (value: unknown): unknown => (Buffer.isBuffer(value) ? value.toString('utf8') : (value ?? undefined));

/** TriggerPartitionContext of the extension. */
function partitionContext(partition: PartitionContext, checkpointing: boolean): RpcTypedData {
  return json({
    FullyQualifiedNamespace: partition.fullyQualifiedNamespace,
    EventHubName: partition.eventHubName,
    ConsumerGroup: partition.consumerGroup,
    PartitionId: partition.partitionId,
    IsCheckpointingAfterInvocation: checkpointing,
  });
}

/**
 * Trigger metadata in the host's casing; the library lower-cases the first letter of every key, at any depth.
 * Source: EventHubTriggerBindingStrategy, and what was observed of the worker's view: longs as halves, offsets as numbers
 * (texts which the library parses), times without zone, partition keys without the events that have none.
 */
export function eventHubMetadata(
  events: readonly ReceivedEventData[],
  partition: PartitionContext,
  { many, checkpointing }: { many: boolean; checkpointing: boolean },
): Record<string, RpcTypedData> {
  const PartitionContext = partitionContext(partition, checkpointing);
  const properties = events.map((event) => event.properties ?? {});
  const [first] = events;
  if (!many && first !== undefined) {
    return {
      PartitionContext,
      PartitionKey:
        first.partitionKey === undefined || first.partitionKey === null ? {} : { string: first.partitionKey },
      Offset: { string: first.offset },
      SequenceNumber: json(first.sequenceNumber),
      EnqueuedTimeUtc: json(unspecifiedTime(first.enqueuedTimeUtc)),
      Properties: json(properties[0]),
      SystemProperties: json(systemProperties(first)),
    };
  }
  return {
    PartitionContext,
    PartitionKeyArray: textCollection(events.map((event) => event.partitionKey)),
    OffsetArray: textCollection(events.map((event) => event.offset)),
    SequenceNumberArray: { collectionSint64: { sint64: events.map((event) => toHalves(event.sequenceNumber)) } },
    EnqueuedTimeUtcArray: json(events.map((event) => unspecifiedTime(event.enqueuedTimeUtc))),
    PropertiesArray: json(properties),
    SystemPropertiesArray: json(events.map(systemProperties)),
  };
}
