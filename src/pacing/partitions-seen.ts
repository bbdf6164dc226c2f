import type { Clock } from '../clock.js';

/** A partition that brought nothing for so long is not counted: its part goes to those that have work. */
const SEEN_LATELY_IN_MS = 60_000;

export interface PartitionsSeen {
  saw(partition: string): void;
  count(): number;
}

export function createPartitionsSeen(clock: Clock): PartitionsSeen {
  const seen = new Map<string, number>();
  return {
    saw: (partition) => void seen.set(partition, clock.monotonicInMs()),
    count() {
      const oldest = clock.monotonicInMs() - SEEN_LATELY_IN_MS;
      for (const [partition, at] of seen) if (at < oldest) seen.delete(partition);
      return seen.size;
    },
  };
}
