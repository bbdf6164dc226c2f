import { codeOf } from '../errors.js';
import type { Progress } from '../consumers-document.js';
import type { Logger } from '../log-events.js';
import type { FreshEnds } from './fresh-ends.js';
import { isFromTheFuture, judgeProgress, type ImpossibleProgress, type Judgement } from './judge-progress.js';
import type { PartitionEnd, ProgressPort, WatchStorePort } from './ports.js';
import type { WatchedGeneration } from './watch-state.js';

/** `partitionId`: where one is meant. */
export interface ProgressRefusal {
  reason: 'notWatchedYet' | 'unknownGeneration' | 'generationGone' | 'tooManyConsumers' | ImpossibleProgress;
  partitionId?: string;
}

/** Partitions of a report that do not count, and why. `endNotSeen`: it may count later, by a look of the watch. */
interface NotCounted {
  partitionId: string;
  reason: 'endNotSeen' | 'wentBack';
}

export interface TellOptions {
  store: WatchStorePort;
  progress: ProgressPort;
  /** Absent without a key of the built-in endpoint. */
  freshEnds: FreshEnds | undefined;
  /** Asks the watch to look now. Never rejects: the watch looks by itself in a while. */
  lookNow: (hub: string) => Promise<void>;
  logger: Logger;
}

const byPartition = (ends: readonly PartitionEnd[] = []) => new Map(ends.map((end) => [end.partitionId, end]));

/** `undefined`: the endpoint does not answer. */
async function lookFor(
  freshEnds: FreshEnds,
  { endpoint, partitionIds }: WatchedGeneration,
  told: Progress,
): Promise<readonly PartitionEnd[] | undefined> {
  const wanted = partitionIds.length === 0 ? undefined : told.partitions.map(({ partitionId }) => partitionId);
  try {
    return await freshEnds(endpoint, wanted);
  } catch (error) {
    if (codeOf(error) === 'defect') throw error;
    return undefined;
  }
}

/** By the ends that are stored, and where they do not cover the report, by a look that begins now. */
async function judge(
  freshEnds: FreshEnds | undefined,
  generation: WatchedGeneration,
  told: Progress,
  now: Date,
): Promise<Judgement> {
  const { partitionIds, ends } = generation;
  const missing = (ids: readonly string[]) => told.partitions.find(({ partitionId }) => !ids.includes(partitionId));
  const unknown = partitionIds.length === 0 ? undefined : missing(partitionIds);
  if (unknown) return { impossible: { reason: 'unknownPartition', partitionId: unknown.partitionId }, notSeen: [] };
  if (isFromTheFuture(told, now)) return { impossible: { reason: 'timeAhead' }, notSeen: [] };

  const stored = judgeProgress(told, byPartition(ends?.partitions));
  if (!stored.impossible && stored.notSeen.length === 0) return stored;
  const seen = freshEnds && (await lookFor(freshEnds, generation, told));
  if (seen === undefined) {
    const isSeen = (place: Progress['partitions'][number]) => {
      const { impossible, notSeen } = judgeProgress({ ...told, partitions: [place] }, byPartition(ends?.partitions));
      return !impossible && notSeen.length === 0;
    };
    return { notSeen: told.partitions.filter((place) => !isSeen(place)).map(({ partitionId }) => partitionId) };
  }
  const fresh = byPartition(seen);
  const gone = missing([...fresh.keys()]);
  if (gone) return { impossible: { reason: 'unknownPartition', partitionId: gone.partitionId }, notSeen: [] };
  return judgeProgress(told, fresh);
}

type Outcome = ProgressRefusal | NotCounted[];

/**
 * Keeps what a consumer told, as far as the endpoint's own numbers allow it. The first news of a generation that the watch waits for makes it look
 * at once. Resolves with what does not count of it, or with why it was refused; rejects with storageUnavailable.
 */
export async function tellProgress(
  options: TellOptions,
  report: { hub: string; told: Progress; now: Date },
): Promise<Outcome> {
  const outcome = await keepProgress(options, report);
  if (!('reason' in outcome) || outcome.reason === 'notWatchedYet') return outcome;
  const { hub, told } = report;
  const { consumer, generation } = told;
  options.logger.event('warn', 'failover.progressRefused', { hub, consumer, generation, ...outcome });
  return outcome;
}

async function keepProgress(
  { store, progress, freshEnds, lookNow }: TellOptions,
  { hub, told, now }: { hub: string; told: Progress; now: Date },
): Promise<Outcome> {
  const stored = await store.read(hub);
  const newest = stored?.state.generations.at(-1);
  if (stored === undefined || newest === undefined) return { reason: 'notWatchedYet' };
  if (told.generation > newest.number) return { reason: 'unknownGeneration' };
  const generation = stored.state.generations.find(({ number }) => number === told.generation);
  if (generation === undefined) return { reason: 'generationGone' };

  const { impossible, notSeen } = await judge(freshEnds, generation, told, now);
  if (impossible) return impossible;
  const added = await progress.add(hub, told, now, notSeen);
  if (added === 'tooManyConsumers') return { reason: added };
  const { stage } = stored.state;
  const waits = stage === 'endpointChanged' || stage === 'failoverEnded' || stage === 'unverified';
  if (waits && told.generation === newest.number && newest.firstEventAt === undefined) await lookNow(hub);
  const because = (reason: NotCounted['reason']) => (partitionId: string) => ({ partitionId, reason });
  return [...notSeen.map(because('endNotSeen')), ...added.wentBack.map(because('wentBack'))];
}
