/** What the forwarders of one process have done since it started, and what they wait for. */
export interface RelayCounters {
  forwarded(messages: number): void;
  parked(): void;
  /** `undefined`: it goes on. */
  held(partition: string, hold: { reason: string; since: Date } | undefined): void;
  read(): RelayFigures;
}

export interface RelayFigures {
  forwarded: number;
  batches: number;
  parked: number;
  /** Partitions that wait, with the longest wait's begin. */
  held: { partitions: number; reason: string; since: Date } | undefined;
}

export function createRelayCounters(): RelayCounters {
  let forwarded = 0;
  let batches = 0;
  let parked = 0;
  const holds = new Map<string, { reason: string; since: Date }>();
  return {
    forwarded: (messages) => {
      forwarded += messages;
      batches += 1;
    },
    parked: () => void (parked += 1),
    held: (partition, hold) => {
      if (!hold) holds.delete(partition);
      else holds.set(partition, { ...hold, since: holds.get(partition)?.since ?? hold.since });
    },
    read: () => {
      const [oldest] = [...holds.values()].sort((a, b) => a.since.getTime() - b.since.getTime());
      return { forwarded, batches, parked, held: oldest && { partitions: holds.size, ...oldest } };
    },
  };
}
