import type { Checkpoint, CheckpointStore, EventPosition } from '@azure/event-hubs';
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
  processed: Pick<Checkpoint, 'sequenceNumber' | 'offset'> | undefined,
  port: StartPort,
): Promise<PartitionStart> {
  const place = { ...port.place, partitionId };
  const [checkpoints, lastSeen] = await Promise.all([
    checkpointsOf(port.store, port.place),
    port.options.lastSeen.read(place),
  ]);
  const processedBefore = lastSeen?.generation === port.generation ? lastSeen.sequenceNumber : undefined;
  const checkpoint = furthest(checkpoints.get(partitionId), processed);
  if (checkpoint !== undefined) {
    reading.begin({ processedBefore });
    return { position: { offset: checkpoint.offset }, before: checkpoint.sequenceNumber };
  }
  const extent = await port.client.partition(partitionId);
  const { options, generation } = port;
  const start = chooseStart({ ...options, generation, lastSeen, extent, override });
  await pin(start, { ...extent, partitionId }, port);
  reading.begin({ processedBefore, reachesBehind: start.reachesBehind });
  return { position: start.position, before: start.before };
}

const furthest = (
  stored: Checkpoint | undefined,
  processed: Pick<Checkpoint, 'sequenceNumber' | 'offset'> | undefined,
): Pick<Checkpoint, 'sequenceNumber' | 'offset'> | undefined =>
  stored !== undefined && processed !== undefined && stored.sequenceNumber > processed.sequenceNumber
    ? stored
    : (processed ?? stored);

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
