import rhea from 'rhea';
import { AmqpRefusal, argumentError, noSuchPartition } from './amqp-error.js';
import type { NamespaceStore } from './namespace-store.js';

const { types } = rhea;

export interface ManagementRequest {
  operation?: unknown;
  type?: unknown;
  name?: unknown;
  partition?: unknown;
}

const typeCodeOfString = 0xb1;

/** Answers READ of an event hub or a partition; "AMQP 1.0 in Azure Event Hubs: management operations". Throws AmqpRefusal. */
export const readEntity = (store: NamespaceStore, request: ManagementRequest): object => {
  if (request.operation !== 'READ') {
    throw new AmqpRefusal(
      'amqp:not-implemented',
      `The operation '${String(request.operation)}' is not implemented.`,
      501,
    );
  }
  const hub = store.eventHub(String(request.name));
  if (request.type === 'com.microsoft:eventhub') {
    return {
      name: hub.name,
      type: 'com.microsoft:eventhub',
      created_at: types.wrap_timestamp(hub.createdAt),
      partition_count: types.wrap_int(hub.partitions.length),
      partition_ids: types.wrap_array(
        hub.partitions.map((partition) => partition.partitionId),
        typeCodeOfString,
        undefined,
      ),
      georeplication_factor: types.wrap_int(1),
    };
  }
  if (request.type !== 'com.microsoft:partition') throw argumentError(`The type '${String(request.type)}' is unknown.`);
  const partition = hub.partition(String(request.partition));
  if (partition === undefined) throw noSuchPartition(hub.name, String(request.partition));
  return {
    name: hub.name,
    type: 'com.microsoft:partition',
    partition: partition.partitionId,
    begin_sequence_number: types.wrap_long(partition.firstSequenceNumber),
    last_enqueued_sequence_number: types.wrap_long(partition.nextSequenceNumber - 1),
    last_enqueued_offset: String(partition.last?.offset ?? -1),
    last_enqueued_time_utc: types.wrap_timestamp(partition.last?.enqueuedAt ?? 0),
    is_partition_empty: partition.length === 0,
  };
};
