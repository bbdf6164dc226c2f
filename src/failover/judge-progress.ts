import type { ConsumerPosition, Progress } from '../consumers-document.js';
import type { PartitionEnd } from './ports.js';

/** Why a report cannot be true; nothing of it counts. docs/decisions/0013-progress.md has the formula. */
export type ImpossibleProgress = 'unknownPartition' | 'aheadOfEnd' | 'timeAhead';

/** Consumers may round a time; the numbers are exact. */
const ROUNDING_IN_MS = 1000;
/** What two machines' clocks may differ by: a time beyond is refused also where no end is known. */
const SKEW_IN_MS = 5 * 60_000;

type End = Pick<PartitionEnd, 'last' | 'lastAt'>;

const isLater = (time: string, than: string | undefined, byInMs: number): boolean =>
  than !== undefined && Date.parse(time) > Date.parse(than) + byInMs;

/** Why these ends do not cover a position. `undefined`: the position is covered. */
export function whyNotCovered(
  { sequenceNumber, lag = 0, enqueuedAt }: ConsumerPosition,
  { last, lastAt }: End,
): Exclude<ImpossibleProgress, 'unknownPartition'> | undefined {
  if (sequenceNumber + lag > last) return 'aheadOfEnd';
  return sequenceNumber >= 0 && isLater(enqueuedAt, lastAt, ROUNDING_IN_MS) ? 'timeAhead' : undefined;
}

/** A time of an event that no clock can show yet. */
export const isFromTheFuture = ({ partitions, first }: Progress, now: Date): boolean =>
  [...partitions.filter(({ sequenceNumber }) => sequenceNumber >= 0), ...(first ? [first] : [])].some(
    ({ enqueuedAt }) => isLater(enqueuedAt, now.toISOString(), SKEW_IN_MS),
  );

export interface Judgement {
  impossible?: { reason: ImpossibleProgress; partitionId?: string };
  /** Partitions of which no end is known. */
  notSeen: readonly string[];
}

/** The first event that a process tells of is not younger than the youngest event of its partitions. */
function isFirstAhead({ first, partitions }: Progress, ends: ReadonlyMap<string, End>): boolean {
  const known = partitions.map(({ partitionId }) => ends.get(partitionId));
  if (first === undefined || known.some((end) => end === undefined)) return false;
  return known.every((end) => end?.lastAt === undefined || isLater(first.enqueuedAt, end.lastAt, ROUNDING_IN_MS));
}

/** Holds a report against the ends of its partitions, as far as they are known. */
export function judgeProgress(told: Progress, ends: ReadonlyMap<string, End>): Judgement {
  const notSeen: string[] = [];
  for (const place of told.partitions) {
    const end = ends.get(place.partitionId);
    const reason = end && whyNotCovered(place, end);
    if (reason !== undefined) return { impossible: { reason, partitionId: place.partitionId }, notSeen };
    if (end === undefined) notSeen.push(place.partitionId);
  }
  return isFirstAhead(told, ends) ? { impossible: { reason: 'timeAhead' }, notSeen } : { notSeen };
}
