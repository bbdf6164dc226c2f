import { createPartitionLog, type PartitionLog } from './partition-log.js';
import { stableHash } from './stable-hash.js';

export interface EventHub {
  readonly name: string;
  readonly createdAt: number;
  readonly partitions: readonly PartitionLog[];
  partition(partitionId: string): PartitionLog | undefined;
  /** Names of consumer groups are compared without case, as the service does. */
  hasConsumerGroup(name: string): boolean;
  partitionForKey(key: string): PartitionLog;
  /** For messages without a key: one partition after the other. */
  nextPartition(): PartitionLog;
}

export interface EventHubOptions {
  partitions?: number;
  consumerGroups?: string[];
  retentionCount?: number;
  now?: () => number;
}

const defaultPartitionCount = 4;
const defaultConsumerGroup = '$Default';

export const createEventHub = (
  name: string,
  { partitions = defaultPartitionCount, consumerGroups = [], ...log }: EventHubOptions = {},
): EventHub => {
  const logs = Array.from({ length: partitions }, (_, index) => createPartitionLog(String(index), log));
  const groups = new Set([defaultConsumerGroup, ...consumerGroups].map((group) => group.toLowerCase()));
  const at = (index: number): PartitionLog => {
    const found = logs[index % logs.length];
    if (found === undefined) throw new RangeError(`event hub ${name} has no partitions`);
    return found;
  };
  let turn = 0;
  return {
    name,
    createdAt: (log.now ?? Date.now)(),
    partitions: logs,
    partition: (partitionId) => logs.find((candidate) => candidate.partitionId === partitionId),
    hasConsumerGroup: (group) => groups.has(group.toLowerCase()),
    partitionForKey: (key) => at(stableHash(key)),
    nextPartition: () => {
      turn += 1;
      return at(turn - 1);
    },
  };
};
