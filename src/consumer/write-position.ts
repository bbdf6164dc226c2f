import type { CheckpointStore, ReceivedEventData } from '@azure/event-hubs';
import { AppError, isAppError } from '../errors.js';
import type { LastSeenPlace, LastSeenStore } from './contract.js';

/**
 * Checkpoint and last processed event of a partition, side by side: if one of them fails, the other only means that more is read again.
 * Rejects with AppError; what a store throws of its own becomes `storageUnavailable`.
 */
export async function writePosition(
  { sequenceNumber, offset, enqueuedTimeUtc }: ReceivedEventData,
  place: LastSeenPlace,
  into: { store: CheckpointStore; lastSeen: LastSeenStore; number: number },
): Promise<void> {
  const { endpoint, eventHubName, consumerGroup, partitionId } = place;
  const checkpoint = { fullyQualifiedNamespace: endpoint, eventHubName, consumerGroup, partitionId };
  try {
    await Promise.all([
      into.store.updateCheckpoint({ ...checkpoint, sequenceNumber, offset }),
      into.lastSeen.write(place, { sequenceNumber, enqueuedAt: enqueuedTimeUtc, generation: into.number }),
    ]);
  } catch (error) {
    if (isAppError(error)) throw error;
    throw new AppError('storageUnavailable', `no checkpoint of partition ${partitionId}, generation ${into.number}`, {
      retryable: true,
      cause: error,
    });
  }
}
