import type { ConsumerPosition, Progress } from '../consumers-document.js';
import type { ConsumerProgress, ToldPosition } from './snapshot.js';

/** As it is stored: duplicates by process, so that they add up. */
export interface StoredProgress extends Omit<ConsumerProgress, 'duplicates' | 'notSeen'> {
  notSeen: readonly ToldPosition[];
  duplicates: Readonly<Record<string, number>>;
}

/** A row stays below 64 KB whatever is told (Azure Tables, "Understanding the Table service data model": a string of 32 K characters). */
const MAX_PARTITIONS = 64;
const MAX_PROCESSES = 64;

/** Within a generation sequence numbers only grow: a lower one comes late, from a process that has lost the partition. */
const isLower = (told: ConsumerPosition, known: ToldPosition | undefined): boolean =>
  known !== undefined && told.sequenceNumber < known.sequenceNumber;

const byId = (positions: readonly ToldPosition[] = []): Map<string, ToldPosition> =>
  new Map(positions.map((position) => [position.partitionId, position]));

const bounded = (positions: ReadonlyMap<string, ToldPosition>): ToldPosition[] =>
  [...positions.values()].slice(0, MAX_PARTITIONS);

/** One for each partition: what was seen, else what was told. */
export function positionsOf({
  partitions,
  notSeen = [],
}: Pick<ConsumerProgress, 'partitions' | 'notSeen'>): ToldPosition[] {
  return [...byId([...notSeen, ...partitions]).values()].toSorted(
    (a, b) => Number(a.partitionId) - Number(b.partitionId),
  );
}

/** Partitions whose position is lower than the one that is known. */
export const wentBack = (known: StoredProgress | undefined, told: Progress, notSeen: readonly string[]): string[] => {
  const seen = byId(known?.partitions);
  return told.partitions
    .filter((place) => !notSeen.includes(place.partitionId) && isLower(place, seen.get(place.partitionId)))
    .map(({ partitionId }) => partitionId);
};

/**
 * What is stored of one consumer and generation once a process has told more of it. What was not seen never takes the place of what was, and the last
 * report of it counts, not the highest: a false one does not stay.
 */
export function mergeProgress(
  known: StoredProgress | undefined,
  told: Progress,
  at: Date,
  notSeen: readonly string[] = [],
): StoredProgress {
  const [seen, open] = [byId(known?.partitions), byId(known?.notSeen)];
  for (const position of told.partitions) {
    const { partitionId } = position;
    const place = { ...position, toldAt: at.toISOString() };
    if (notSeen.includes(partitionId)) open.set(partitionId, place);
    else if (!isLower(position, seen.get(partitionId))) {
      seen.set(partitionId, place);
      open.delete(partitionId);
    }
  }
  const { consumer, generation, process = 'one' } = told;
  const firsts = [known?.first, told.first].flatMap((first) => (first === undefined ? [] : [first]));
  const first = firsts.toSorted((a, b) => Date.parse(a.handledAt) - Date.parse(b.handledAt))[0];
  const others = Object.entries(known?.duplicates ?? {}).filter(([name]) => name !== process);
  const counted = told.duplicates ?? known?.duplicates[process];
  return {
    consumer,
    generation,
    partitions: bounded(seen),
    notSeen: bounded(open),
    ...(first === undefined ? {} : { first }),
    duplicates: Object.fromEntries(
      [...others, ...(counted === undefined ? [] : [[process, counted]])].slice(-MAX_PROCESSES),
    ),
  };
}

export function toProgress({ duplicates, ...rest }: StoredProgress): ConsumerProgress {
  const counts = Object.values(duplicates);
  return counts.length === 0 ? rest : { ...rest, duplicates: counts.reduce((sum, count) => sum + count, 0) };
}
