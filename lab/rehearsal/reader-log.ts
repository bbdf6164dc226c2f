import { contentsParts, differingParts, type Contents, type ContentsPart } from './contents.js';
import { createTally, keyOf, type Numbered, type Tally } from './tally.js';

/** One message as a reader got it. Times in milliseconds since 1970. */
export interface Received extends Numbered {
  /** Host name of the built-in endpoint that it was read from. */
  endpoint: string;
  generation: number;
  partitionId: string;
  /** When it was stored there. */
  enqueuedAt: number;
  /** When it was with whom it is for: handled by a consumer, stored in the relay's target. */
  deliveredAt: number;
  contents: Contents;
}

/** Messages of which at least one copy came otherwise than it was sent, by the part that differs. */
export type Damaged = Record<ContentsPart, number>;

/** All that one reader got. */
export interface ReaderLog {
  readonly tally: Tally;
  /** Messages of each generation, repeated ones too. */
  readonly events: ReadonlyMap<number, number>;
  /** What nothing tells the number of. */
  readonly unidentified: number;
  /** Messages of a partition of a generation, repeated ones too. */
  eventsOf(generation: number, partitionId: string): number;
  /** When what an endpoint stored at this time was delivered first; undefined: not yet. */
  deliveredAt(endpoint: string, enqueuedAt: number): number | undefined;
  /** `sent`: undefined for a message that was never sent, which differs in all. */
  damaged(sent: (message: Numbered) => Contents | undefined): Damaged;
  add(received: Received): void;
  addUnidentified(messages: number): void;
}

const placeOf = (endpoint: string, enqueuedAt: number): string => `${endpoint.toLowerCase()} ${enqueuedAt}`;

export const createReaderLog = (): ReaderLog => {
  const tally = createTally();
  const events = new Map<number, number>();
  const byPartition = new Map<string, number>();
  const delivered = new Map<string, number>();
  /** By message: copies that differ from each other. */
  const copies = new Map<string, { message: Numbered; contents: Contents[] }>();
  let unidentified = 0;
  const noteContents = ({ deviceId, sequence, contents }: Received): void => {
    const message = { deviceId, sequence };
    const known = copies.get(keyOf(message));
    if (known === undefined) copies.set(keyOf(message), { message, contents: [contents] });
    else if (known.contents.every((other) => differingParts(other, contents).length > 0)) known.contents.push(contents);
  };
  return {
    tally,
    events,
    get unidentified() {
      return unidentified;
    },
    eventsOf: (generation, partitionId) => byPartition.get(`${generation} ${partitionId}`) ?? 0,
    deliveredAt: (endpoint, enqueuedAt) => delivered.get(placeOf(endpoint, enqueuedAt)),
    damaged: (sent) => {
      const differing = [...copies.values()].map(({ message, contents }) => {
        const before = sent(message);
        return new Set(before === undefined ? contentsParts : contents.flatMap((copy) => differingParts(before, copy)));
      });
      const count = (part: ContentsPart): number => differing.filter((parts) => parts.has(part)).length;
      return { body: count('body'), properties: count('properties'), systemProperties: count('systemProperties') };
    },
    add: (received) => {
      const { endpoint, generation, partitionId, enqueuedAt, deliveredAt } = received;
      tally.add(received, generation);
      events.set(generation, (events.get(generation) ?? 0) + 1);
      const partition = `${generation} ${partitionId}`;
      byPartition.set(partition, (byPartition.get(partition) ?? 0) + 1);
      noteContents(received);
      const place = placeOf(endpoint, enqueuedAt);
      delivered.set(place, Math.min(deliveredAt, delivered.get(place) ?? deliveredAt));
    },
    addUnidentified: (messages) => {
      unidentified += messages;
    },
  };
};
