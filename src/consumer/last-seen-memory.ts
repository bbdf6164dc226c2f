import type { LastSeen, LastSeenPlace, LastSeenStore } from './contract.js';

/** The path under which a place is kept. Event Hubs compares all names without case. */
export const pathOfPlace = ({ endpoint, eventHubName, consumerGroup, partitionId }: LastSeenPlace): string =>
  [endpoint, eventHubName, consumerGroup, partitionId].map((part) => part.toLowerCase()).join('/');

/** For tests and for consumers that may begin anew: it forgets with the process. */
export function memoryLastSeenStore(): LastSeenStore {
  const places = new Map<string, LastSeen>();
  return {
    read: (place) => Promise.resolve(places.get(pathOfPlace(place))),
    write: (place, seen) => {
      places.set(pathOfPlace(place), seen);
      return Promise.resolve();
    },
  };
}
