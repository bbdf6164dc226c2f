/** What became of each numbered message: a pure account. */

/** One message of one device. Sequences count from 1. */
export interface Numbered {
  deviceId: string;
  sequence: number;
}

/** How often each message was seen. */
export interface Tally {
  /** `generation`: of the endpoint that it was read from. */
  add(message: Numbered, generation: number): void;
  has(message: Numbered): boolean;
  /** Messages seen at least once. */
  readonly distinct: number;
  /** Times that a message was seen again. */
  readonly repeated: number;
  /**
   * Messages that were seen for the first time behind a later one of the same device and generation. Repetitions don't count, and neither does
   * the end of one generation that comes beside the beginning of the next: docs/relay.md, "Order".
   */
  readonly outOfOrder: number;
}

export const keyOf = ({ deviceId, sequence }: Numbered): string => `${deviceId} ${sequence}`;

export const createTally = (): Tally => {
  const seen = new Set<string>();
  /** By generation and device: the highest sequence seen. */
  const newest = new Map<string, number>();
  let repeated = 0;
  let outOfOrder = 0;
  return {
    add: (message, generation) => {
      const key = keyOf(message);
      if (seen.has(key)) {
        repeated += 1;
        return;
      }
      seen.add(key);
      const stream = `${generation} ${message.deviceId}`;
      const last = newest.get(stream) ?? 0;
      if (message.sequence < last) outOfOrder += 1;
      else newest.set(stream, message.sequence);
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

/** Messages that the hub accepted, that the service did not lose, and that this reader never saw. */
export const lostByUs = (
  accepted: readonly Numbered[],
  lostByService: readonly Numbered[],
  reader: Pick<Tally, 'has'>,
): Numbered[] => {
  const excused = new Set(lostByService.map(keyOf));
  return accepted.filter((message) => !reader.has(message) && !excused.has(keyOf(message)));
};
