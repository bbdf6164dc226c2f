import { earliestEventPosition, type EventPosition, type PartitionProperties } from '@azure/event-hubs';
import type { LastSeen, StartPosition } from './contract.js';

/** What the endpoint holds of a partition, as far as a start depends on it. Sequence numbers begin at 0 and never fall in one log. */
type PartitionExtent = Pick<
  PartitionProperties,
  'beginningSequenceNumber' | 'lastEnqueuedSequenceNumber' | 'lastEnqueuedOffset' | 'isEmpty'
>;

export interface StartQuestion {
  generation: number;
  firstGenerationStart: 'earliest' | 'latest';
  overlapInMs: number;
  /** Of this namespace and partition, by whatever generation. */
  lastSeen: LastSeen | undefined;
  extent: PartitionExtent;
  /** What processInitialize returned. */
  override: StartPosition | undefined;
}

export interface Start {
  position: EventPosition;
  /** Written as a checkpoint at once: "the latest" must stay the same place when another process takes the partition over. */
  pin?: { sequenceNumber: number; offset: string };
  /** The position reaches back behind this event: see `createRepeatFilter`. */
  reachesBehind?: LastSeen;
  /** The last event before the start, where it is known. */
  before?: number;
}

const earliest = ({ beginningSequenceNumber }: PartitionExtent): Start => ({
  position: earliestEventPosition,
  before: beginningSequenceNumber - 1,
});

const latest = ({ lastEnqueuedSequenceNumber, lastEnqueuedOffset }: PartitionExtent): Start => ({
  position: { offset: lastEnqueuedOffset },
  pin: { sequenceNumber: lastEnqueuedSequenceNumber, offset: lastEnqueuedOffset },
  before: lastEnqueuedSequenceNumber,
});

function asked(override: StartPosition, extent: PartitionExtent): Start {
  if (override === 'earliest') return earliest(extent);
  if (override === 'latest') return latest(extent);
  return { position: { enqueuedOn: override.enqueuedAfter } };
}

/** Where a partition without a checkpoint of this generation is read from. Whatever is in doubt is read again rather than passed over. */
export function chooseStart({ generation, lastSeen, extent, override, ...options }: StartQuestion): Start {
  if (override !== undefined) return asked(override, extent);
  if (lastSeen === undefined)
    return generation === 1 && options.firstGenerationStart === 'latest' ? latest(extent) : earliest(extent);
  const { sequenceNumber, enqueuedAt } = lastSeen;
  if (lastSeen.generation === generation)
    return { position: { sequenceNumber, isInclusive: false }, before: sequenceNumber };
  // The log ends before that event: it began anew since, and all of it is new. Or retention has passed it: all of the rest is new.
  const { beginningSequenceNumber, lastEnqueuedSequenceNumber } = extent;
  if (lastEnqueuedSequenceNumber < sequenceNumber || beginningSequenceNumber > sequenceNumber) return earliest(extent);
  return { position: { enqueuedOn: enqueuedAt.getTime() - options.overlapInMs }, reachesBehind: lastSeen };
}
