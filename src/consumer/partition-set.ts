import type { Checkpoint, CheckpointStore, PartitionOwnership } from '@azure/event-hubs';
import type { ProcessorCloseReason } from './contract.js';
import { createPartitionReading, type PartitionReading, type ReadingPort } from './partition-reading.js';

/** The partitions of one generation that this process owns. They outlive the clients that read them. */
export interface PartitionSet {
  readonly readings: ReadonlyMap<string, PartitionReading>;
  get(partitionId: string): PartitionReading | undefined;
  /** It is read, or a handler is still at work with it, or processInitialize or processClose is. */
  isHeld(partitionId: string): boolean;
  /** The reading of a partition that became ours, with processInitialize called. Rejects with AppError `handlerFailed`. */
  open(partitionId: string): Promise<OpenedPartition | undefined>;
  /** The last event that this process handled, also in an earlier ownership, as long as it may count on that. */
  processed(partitionId: string): Pick<Checkpoint, 'sequenceNumber' | 'offset'> | undefined;
  /** Resolves when the handler at work is done and processClose was called. */
  close(partitionId: string, reason: ProcessorCloseReason): Promise<void>;
  /** Closes those that others own. */
  seen(ownerships: readonly PartitionOwnership[], ownerId: string): void;
  /** Closes all, and opens none any more. */
  closeAll(reason: ProcessorCloseReason): Promise<void>;
}

export interface OpenedPartition {
  reading: PartitionReading;
  override: Awaited<ReturnType<PartitionReading['initialize']>>;
}

export function createPartitionSet(portOf: (partitionId: string) => ReadingPort): PartitionSet {
  const opened = new Map<string, OpenedPartition>();
  const readings = new Map<string, PartitionReading>();
  const opening = new Set<string>();
  const closing = new Map<string, { reading: PartitionReading; closed: Promise<void> }>();
  const positions = new Map<string, Pick<Checkpoint, 'sequenceNumber' | 'offset'>>();
  let ended = false;

  const close = async (partitionId: string, reason: ProcessorCloseReason): Promise<void> => {
    const reading = readings.get(partitionId);
    if (reading === undefined) return closing.get(partitionId)?.closed;
    readings.delete(partitionId);
    opened.delete(partitionId);
    const closed = reading.close(reason).finally(() => {
      closing.delete(partitionId);
      // With manual checkpoints a handler may have given up what it held in memory: only its checkpoint counts.
      const isManual = portOf(partitionId).options.checkpoint.kind === 'manual';
      if (!isManual && reading.position !== undefined) positions.set(partitionId, reading.position);
    });
    closing.set(partitionId, { reading, closed });
    return closed;
  };

  return {
    readings,
    get: (partitionId) => readings.get(partitionId),
    isHeld: (partitionId) => readings.has(partitionId) || opening.has(partitionId) || closing.has(partitionId),
    open: async (partitionId) => {
      // Calls for one partition never overlap: a handler still at work has its turn first.
      const isAtWork = readings.get(partitionId)?.isBusy === true || opening.has(partitionId);
      if (ended || isAtWork || closing.has(partitionId)) return undefined;
      const known = opened.get(partitionId);
      if (known !== undefined) return known;
      const reading = createPartitionReading(portOf(partitionId));
      opening.add(partitionId);
      const override = await reading.initialize().finally(() => opening.delete(partitionId));
      const fresh = { reading, override };
      if (ended) {
        await reading.close('Shutdown');
        return undefined;
      }
      opened.set(partitionId, fresh);
      readings.set(partitionId, reading);
      return fresh;
    },
    processed: (partitionId) => readings.get(partitionId)?.position ?? positions.get(partitionId),
    close,
    seen: (ownerships, ownerId) => {
      for (const { partitionId, ownerId: owner } of ownerships) {
        if (owner === '' || owner === ownerId) continue;
        void close(partitionId, 'OwnershipLost');
        // What closes for another reason must not touch the checkpoint of its new reader any more.
        void closing.get(partitionId)?.reading.close('OwnershipLost');
      }
    },
    closeAll: async (reason) => {
      ended = true;
      await Promise.all([...readings.keys()].map((partitionId) => close(partitionId, reason)));
      await Promise.all([...closing.values()].map(({ closed }) => closed));
    },
  };
}

/** Checkpoints of one generation, by partition. */
export async function checkpointsOf(
  store: CheckpointStore,
  place: { endpoint: string; eventHubName: string; consumerGroup: string },
): Promise<ReadonlyMap<string, Checkpoint>> {
  const found = await store.listCheckpoints(place.endpoint, place.eventHubName, place.consumerGroup);
  return new Map(found.map((checkpoint) => [checkpoint.partitionId, checkpoint]));
}
