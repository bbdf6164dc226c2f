import { createPartitionLog, type PartitionLog } from './partition-log.js';
import { stableHash } from './stable-hash.js';

export interface EventHub {
  readonly name: string;
  readonly createdAt: number;
  readonly partitions: readonly PartitionLog[];
  partition(partitionId: string): PartitionLog | undefined;
  /** Names of consumer groups are compared without case, as the service does. */
  hasConsumerGroup(name: string): boolean;
  /** These and `$Default` from now on. */
  setConsumerGroups(names: readonly string[]): void;
  partitionForKey(key: string): PartitionLog;
  /** For messages without a key: one partition after the other. */
  nextPartition(): PartitionLog;
}

export interface EventHubOptions {
  partitions?: number;
  consumerGroups?: readonly string[];
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
  const groupsOf = (names: readonly string[]): Set<string> =>
    new Set([defaultConsumerGroup, ...names].map((group) => group.toLowerCase()));
  let groups = groupsOf(consumerGroups);
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
    setConsumerGroups: (names) => {
      groups = groupsOf(names);
    },
    partitionForKey: (key) => at(stableHash(key)),
    nextPartition: () => {
      turn += 1;
      return at(turn - 1);
    },
  };
};
