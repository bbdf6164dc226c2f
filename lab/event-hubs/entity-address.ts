/** What a link's address names: a consumer's partition, a place to send to, or a request/response node. */
export type EntityAddress =
  | { kind: 'cbs' }
  | { kind: 'management' }
  | { kind: 'consumer'; eventHub: string; consumerGroup: string; partitionId: string }
  | { kind: 'target'; eventHub: string; partitionId?: string }
  | { kind: 'unknown' };

const consumer = /^([^/]+)\/ConsumerGroups\/([^/]+)\/Partitions\/([^/]+)$/i;
const target = /^([^/]+?)(?:\/Partitions\/([^/]+))?$/i;

/** Addresses may carry scheme and host (`amqps://host/hub/...`); only the path counts. */
export const pathOf = (address: string): string => address.replace(/^[a-z]+:\/\/[^/]*/i, '').replace(/^\/+|\/+$/g, '');

export const parseAddress = (address: string | undefined): EntityAddress => {
  const path = pathOf(address ?? '');
  if (path === '$cbs') return { kind: 'cbs' };
  if (path === '$management' || path.endsWith('/$management')) return { kind: 'management' };
  const [, eventHub, consumerGroup, partitionId] = consumer.exec(path) ?? [];
  if (eventHub !== undefined && consumerGroup !== undefined && partitionId !== undefined) {
    return { kind: 'consumer', eventHub, consumerGroup, partitionId };
  }
  const [, hub, partition] = target.exec(path) ?? [];
  if (hub === undefined) return { kind: 'unknown' };
  return { kind: 'target', eventHub: hub, ...(partition === undefined ? {} : { partitionId: partition }) };
};
