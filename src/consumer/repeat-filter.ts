import type { ReceivedEventData } from '@azure/event-hubs';
import type { LastSeen } from './contract.js';

type Placed = Pick<ReceivedEventData, 'sequenceNumber' | 'enqueuedTimeUtc'>;

export interface Filtered<Event> {
  deliver: Event[];
  /** Events that were processed before, for certain. */
  repeats: Event[];
}

/**
 * Tells repeats from new events where reading began an overlap before `lastSeen`. The namespace may go on with its old log, or may have
 * begun a new one with the same sequence numbers. It is the old log only if the very event of `lastSeen` comes: same number, same time.
 * Until that is known events are held back, unprocessed; an empty batch says that no more are there now. In doubt all of them are new.
 */
export function createRepeatFilter<Event extends Placed>(
  lastSeen: LastSeen | undefined,
): (events: readonly Event[]) => Filtered<Event> {
  let held: Event[] | undefined = lastSeen === undefined ? undefined : [];
  const isRepeat = ({ sequenceNumber, enqueuedTimeUtc }: Event): boolean =>
    lastSeen !== undefined &&
    sequenceNumber <= lastSeen.sequenceNumber &&
    enqueuedTimeUtc.getTime() <= lastSeen.enqueuedAt.getTime();
  const isLastSeen = ({ sequenceNumber, enqueuedTimeUtc }: Event): boolean =>
    sequenceNumber === lastSeen?.sequenceNumber && enqueuedTimeUtc.getTime() === lastSeen.enqueuedAt.getTime();

  return (events) => {
    if (held === undefined) return { deliver: [...events], repeats: [] };
    const all = [...held, ...events];
    const proof = all.findIndex(isLastSeen);
    if (proof >= 0) {
      held = undefined;
      return { deliver: all.slice(proof + 1), repeats: all.slice(0, proof + 1) };
    }
    if (events.length > 0 && all.every(isRepeat)) {
      held = all;
      return { deliver: [], repeats: [] };
    }
    held = undefined;
    return { deliver: all, repeats: [] };
  };
}
