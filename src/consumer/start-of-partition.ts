import type { Checkpoint, CheckpointStore, EventPosition, PartitionProperties } from '@azure/event-hubs';
import type { ReaderClient } from './client.js';
import type { LastSeen } from './contract.js';
import type { SettledOptions } from './options.js';
import { checkpointsOf, type OpenedPartition } from './partition-set.js';
import { chooseStart, type Start } from './start-position.js';

export interface StartPort {
  options: SettledOptions;
  generation: number;
  place: { endpoint: string; eventHubName: string; consumerGroup: string };
  /** With keys of the generation. */
  store: CheckpointStore;
  client: Pick<ReaderClient, 'partition'>;
}

/** Where the SDK begins with a partition; used by it only where no checkpoint of the generation is. */
export interface PartitionStart {
  position: EventPosition;
  /** The last event before the start, where it is known. */
  before: number | undefined;
}

/**
 * Finds the start of a partition that became ours, and tells its reading. Rejects when store or endpoint do not answer: without
 * knowing, nothing is read.
 */
export async function startOfPartition(
  partitionId: string,
  { reading, override }: OpenedPartition,
  processed: Position | undefined,
  port: StartPort,
): Promise<PartitionStart> {
  const { options, generation } = port;
  const place = { ...port.place, partitionId };
  const [checkpoints, lastSeen] = await Promise.all([
    checkpointsOf(port.store, port.place),
    options.lastSeen.read(place),
  ]);
  const found = checkpoints.get(partitionId);
  // Numbers of generations began anew, for whoever gives them lost what it knew: the checkpoint is of an earlier bearer of this number.
  const stored = lastSeen !== undefined && lastSeen.generation > generation ? undefined : found;
  const processedBefore = lastSeen?.generation === generation ? lastSeen.sequenceNumber : undefined;

  if (processed !== undefined) {
    const { offset, sequenceNumber } = furthest(stored, processed);
    reading.begin({ processedBefore });
    return { position: { offset }, before: sequenceNumber };
  }
  const extent = await port.client.partition(partitionId);
  const isNewLog = hasBegunAnew(extent, Math.max(stored?.sequenceNumber ?? -1, processedBefore ?? -1), lastSeen);
  if (stored !== undefined && !isNewLog) {
    reading.begin({ processedBefore });
    return { position: { offset: stored.offset }, before: stored.sequenceNumber };
  }
  const start = chooseStart({
    ...options,
    // Something was read here: this is not the first generation, whatever its number.
    firstGenerationStart: found === undefined && !isNewLog ? options.firstGenerationStart : 'earliest',
    generation,
    lastSeen: isNewLog ? undefined : lastSeen,
    extent,
    override,
  });
  await pin(start, { ...extent, partitionId }, port);
  if (isNewLog && start.pin === undefined) await forget(partitionId, port);
  reading.begin({ processedBefore: isNewLog ? undefined : processedBefore, reachesBehind: start.reachesBehind });
  return { position: start.position, before: start.before };
}

type Position = Pick<Checkpoint, 'sequenceNumber' | 'offset'>;

const furthest = (stored: Checkpoint | undefined, processed: Position): Position =>
  stored !== undefined && stored.sequenceNumber > processed.sequenceNumber ? stored : processed;

/** The log ends before an event that was seen in it. An answer which is older than that event says nothing. */
const hasBegunAnew = (
  { lastEnqueuedSequenceNumber, lastEnqueuedOnUtc }: PartitionProperties,
  reached: number,
  lastSeen: LastSeen | undefined,
): boolean =>
  lastEnqueuedSequenceNumber < reached &&
  (lastEnqueuedSequenceNumber < 0 || lastSeen === undefined || lastEnqueuedOnUtc > lastSeen.enqueuedAt);

/** What lies before "the latest" counts as done, for whoever takes the partition over and for a return to the namespace. */
async function pin(
  start: Start,
  extent: { partitionId: string; lastEnqueuedOnUtc: Date },
  { store, place, options, generation }: StartPort,
): Promise<void> {
  if (start.pin === undefined) return;
  const { partitionId, lastEnqueuedOnUtc } = extent;
  const { endpoint, eventHubName, consumerGroup } = place;
  const seen: LastSeen = { enqueuedAt: lastEnqueuedOnUtc, sequenceNumber: start.pin.sequenceNumber, generation };
  if (seen.sequenceNumber >= 0) await options.lastSeen.write({ ...place, partitionId }, seen);
  await store.updateCheckpoint({
    fullyQualifiedNamespace: endpoint,
    eventHubName,
    consumerGroup,
    partitionId,
    ...start.pin,
  });
}

/** Nothing of the new log is done: once it has grown, the checkpoint of the old one would look as if it were of this one. */
async function forget(partitionId: string, { store, place }: StartPort): Promise<void> {
  const { endpoint: fullyQualifiedNamespace, eventHubName, consumerGroup } = place;
  const nothing = { sequenceNumber: -1, offset: '-1' };
  await store.updateCheckpoint({ fullyQualifiedNamespace, eventHubName, consumerGroup, partitionId, ...nothing });
}
