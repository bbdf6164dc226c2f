/** A small seeded generator (mulberry32): the same seed gives the same run. Not for secrets that matter. */
export interface SeededRandom {
  /** 0 <= x < 1 */
  next(): number;
  /** 0 <= n < limit */
  integer(limit: number): number;
  /** One of `items`, which must not be empty. */
  pick<T>(items: readonly T[]): T;
  bytes(length: number): Buffer;
}

export const createSeededRandom = (seed: number): SeededRandom => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (limit: number): number => Math.floor(next() * limit);
  return {
    next,
    integer,
    pick: (items) => {
      const item = items[integer(items.length)];
      if (item === undefined) throw new RangeError('pick needs at least one item');
      return item;
    },
    bytes: (length) => Buffer.from(Array.from({ length }, () => integer(256))),
  };
};
