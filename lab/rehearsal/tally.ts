/** What became of each numbered message: a pure account. */

/** One message of one device. Sequences count from 1. */
export interface Numbered {
  deviceId: string;
  sequence: number;
}

/** How often each message was seen. */
export interface Tally {
  add(message: Numbered): void;
  has(message: Numbered): boolean;
  /** Messages seen at least once. */
  readonly distinct: number;
  /** Times that a message was seen again. */
  readonly repeated: number;
  /** Neighbours of one device that came in falling order the first time they were seen. */
  readonly outOfOrder: number;
}

const keyOf = ({ deviceId, sequence }: Numbered): string => `${deviceId} ${sequence}`;

export const createTally = (): Tally => {
  const seen = new Map<string, number>();
  const newest = new Map<string, number>();
  let repeated = 0;
  let outOfOrder = 0;
  return {
    add: (message) => {
      const key = keyOf(message);
      const before = seen.get(key) ?? 0;
      seen.set(key, before + 1);
      if (before > 0) {
        repeated += 1;
        return;
      }
      const last = newest.get(message.deviceId) ?? 0;
      if (message.sequence < last) outOfOrder += 1;
      else newest.set(message.deviceId, message.sequence);
    },
    has: (message) => seen.has(keyOf(message)),
    get distinct() {
      return seen.size;
    },
    get repeated() {
      return repeated;
    },
    get outOfOrder() {
      return outOfOrder;
    },
  };
};

/** Messages that the hub accepted, that did not go under with an endpoint, and that this reader never saw. */
export const lostByUs = (
  accepted: readonly Numbered[],
  lostByService: readonly Numbered[],
  reader: Pick<Tally, 'has'>,
): Numbered[] => {
  const excused = new Set(lostByService.map(keyOf));
  return accepted.filter((message) => !reader.has(message) && !excused.has(keyOf(message)));
};
