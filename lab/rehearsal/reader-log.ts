import { createTally, type Numbered, type Tally } from './tally.js';

/** One message as a reader got it. Times in milliseconds since 1970. */
export interface Received extends Numbered {
  /** Host name of the built-in endpoint that it was read from. */
  endpoint: string;
  generation: number;
  /** When it was stored there. */
  enqueuedAt: number;
  /** When it was with whom it is for: handled by a consumer, stored in the relay's target. */
  deliveredAt: number;
}

/** All that one reader got. */
export interface ReaderLog {
  readonly tally: Tally;
  /** Messages of each generation, repeated ones too. */
  readonly events: ReadonlyMap<number, number>;
  /** When what an endpoint stored at this time was delivered first; undefined: not yet. */
  deliveredAt(endpoint: string, enqueuedAt: number): number | undefined;
  add(received: Received): void;
}

const placeOf = (endpoint: string, enqueuedAt: number): string => `${endpoint.toLowerCase()} ${enqueuedAt}`;

export const createReaderLog = (): ReaderLog => {
  const tally = createTally();
  const events = new Map<number, number>();
  const delivered = new Map<string, number>();
  return {
    tally,
    events,
    deliveredAt: (endpoint, enqueuedAt) => delivered.get(placeOf(endpoint, enqueuedAt)),
    add: (received) => {
      const { endpoint, generation, enqueuedAt, deliveredAt } = received;
      tally.add(received, generation);
      events.set(generation, (events.get(generation) ?? 0) + 1);
      const place = placeOf(endpoint, enqueuedAt);
      delivered.set(place, Math.min(deliveredAt, delivered.get(place) ?? deliveredAt));
    },
  };
};
