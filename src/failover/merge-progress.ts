import type { ConsumerPosition, Progress } from '../consumers-document.js';
import type { ConsumerProgress } from './snapshot.js';

/** As it is stored: duplicates by process, so that they add up. */
export interface StoredProgress extends Omit<ConsumerProgress, 'duplicates'> {
  duplicates: Readonly<Record<string, number>>;
}

/** A row stays below 64 KB whatever is told (Azure Tables, "Understanding the Table service data model": a string of 32 K characters). */
const MAX_PARTITIONS = 64;
const MAX_PROCESSES = 64;

type Told = ConsumerPosition & { toldAt: string };

/** Within a generation sequence numbers only grow: a lower one comes late, from a process that has lost the partition. */
const isNewer = (told: ConsumerPosition, known: Told | undefined): boolean =>
  known === undefined || told.sequenceNumber >= known.sequenceNumber;

function mergePartitions(known: readonly Told[], told: readonly ConsumerPosition[], toldAt: string): Told[] {
  const byId = new Map(known.map((position) => [position.partitionId, position]));
  for (const position of told)
    if (isNewer(position, byId.get(position.partitionId))) byId.set(position.partitionId, { ...position, toldAt });
  return [...byId.values()].slice(0, MAX_PARTITIONS);
}

/** What is stored of one consumer and generation once a process has told more of it. */
export function mergeProgress(known: StoredProgress | undefined, told: Progress, at: Date): StoredProgress {
  const { consumer, generation, process = 'one' } = told;
  const firsts = [known?.first, told.first].flatMap((first) => (first === undefined ? [] : [first]));
  const first = firsts.toSorted((a, b) => Date.parse(a.handledAt) - Date.parse(b.handledAt))[0];
  const others = Object.entries(known?.duplicates ?? {}).filter(([name]) => name !== process);
  const counted = told.duplicates ?? known?.duplicates[process];
  return {
    consumer,
    generation,
    partitions: mergePartitions(known?.partitions ?? [], told.partitions, at.toISOString()),
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
