import type { AmqpRefusal } from './amqp-error.js';
import { admitReader, stolen, type ReaderClaim } from './reader-admission.js';

interface Reader extends ReaderClaim {
  /** Ends the reader's link with this reason. */
  evict(reason: AmqpRefusal): void;
}

/** Who reads what: one list per consumer group and partition, over all connections of the namespace. */
export interface ReaderRegistry {
  /** Evicts whom the newcomer displaces; throws AmqpRefusal when it has to stay out. Returns how to leave. */
  enter(place: string, reader: Reader): () => void;
  /** Ends the readers of all places for which `isMeant` holds. */
  evict(isMeant: (place: string) => boolean, reason: AmqpRefusal): void;
}

export const createReaderRegistry = (): ReaderRegistry => {
  const places = new Map<string, Set<Reader>>();
  return {
    enter: (place, reader) => {
      const present = places.get(place) ?? new Set();
      const decision = admitReader([...present], reader);
      if ('refusal' in decision) throw decision.refusal;
      places.set(place, present);
      for (const loser of decision.evict) {
        present.delete(loser);
        loser.evict(stolen(reader));
      }
      present.add(reader);
      return () => {
        present.delete(reader);
      };
    },
    evict: (isMeant, reason) => {
      for (const [place, present] of places) {
        if (!isMeant(place)) continue;
        for (const reader of present) reader.evict(reason);
        present.clear();
      }
    },
  };
};
