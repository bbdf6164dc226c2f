import {
  CloseReason,
  type CheckpointStore,
  type EventPosition,
  type PartitionContext,
  type SubscriptionEventHandlers,
} from '@azure/event-hubs';
import { createGenerationStore, type GenerationStore } from './generation-store.js';
import type { SettledOptions } from './options.js';
import type { PartitionSet } from './partition-set.js';
import { complaintIn, endsReading, isTaken, PartitionTakenError, type Complaint } from './sdk-errors.js';
import type { PartitionStart } from './start-of-partition.js';

export interface ClaimsPort {
  ownerId: string;
  options: Pick<SettledOptions, 'ownershipExpiresInMs'>;
  partitions: PartitionSet;
  /** With keys of the generation. */
  store: CheckpointStore;
  startOf(partitionId: string): Promise<PartitionStart | undefined>;
  /** Events came. An empty wait ends by a timer of the SDK and proves nothing. */
  alive(): void;
  /** The SDK's balancing is at work. */
  balanced(): void;
  complained(complaint: Complaint): void;
  report(error: unknown): void;
}

/** What one client of a generation is given: its store, its handlers, its start positions. */
export interface Claims {
  readonly store: GenerationStore;
  readonly handlers: SubscriptionEventHandlers;
  readonly startPositions: Record<string, EventPosition>;
  /** A partition is being made ready, by store, endpoint and processInitialize: balancing waits for it. */
  readonly isPreparing: boolean;
  /** The last event before the start of a partition, where known. */
  before(partitionId: string): number | undefined;
  isOpen(partitionId: string): boolean;
  /** The client was given up: whatever it still says is passed over. */
  detach(): void;
}

export function createClaims(port: ClaimsPort): Claims {
  const { partitions } = port;
  const open = new Set<string>();
  const before = new Map<string, number | undefined>();
  // The SDK refuses an empty record; it reads the entry of a partition only after `prepare` has written it.
  const startPositions: Record<string, EventPosition> = { '': { offset: '-1' } };
  let detached = false;
  let preparing = 0;

  const store = createGenerationStore(port.store, {
    ownerId: port.ownerId,
    ownershipExpiresInMs: port.options.ownershipExpiresInMs,
    nowInMs: () => Date.now(),
    isOpen: (partitionId) => open.has(partitionId),
    isHeld: (partitionId) => partitions.isHeld(partitionId),
    prepare: async (partitionId) => {
      preparing += 1;
      const start = await port.startOf(partitionId).finally(() => {
        preparing -= 1;
        port.balanced();
      });
      if (start === undefined) return false;
      startPositions[partitionId] = start.position;
      before.set(partitionId, start.before);
      return true;
    },
    processed: (partitionId) => partitions.processed(partitionId),
    seen: (ownerships) => {
      port.balanced();
      partitions.seen(ownerships, port.ownerId);
    },
  });

  const failed = async (error: unknown, { partitionId }: Pick<PartitionContext, 'partitionId'>): Promise<void> => {
    if (detached) return;
    if (isTaken(error)) {
      open.delete(partitionId);
      return;
    }
    port.complained(complaintIn(error));
    if (endsReading(error)) open.delete(partitionId);
    const reading = partitions.get(partitionId);
    if (reading === undefined) port.report(error);
    else await reading.complain(error);
  };

  const handlers: SubscriptionEventHandlers = {
    processInitialize: async ({ partitionId }) => {
      open.add(partitionId);
    },
    processEvents: async (events, { partitionId }) => {
      if (detached) return;
      if (events.length > 0) port.alive();
      const reading = partitions.get(partitionId);
      if (reading === undefined) throw new PartitionTakenError(partitionId);
      await reading.accept(events);
    },
    processClose: async (reason, { partitionId }) => {
      open.delete(partitionId);
      // Any other end of reading is the SDK's own: the next balancing takes the partition up again.
      if (!detached && reason === CloseReason.OwnershipLost) await partitions.close(partitionId, 'OwnershipLost');
    },
    processError: failed,
  };

  return {
    store,
    handlers,
    startPositions,
    get isPreparing() {
      return preparing > 0;
    },
    before: (partitionId) => before.get(partitionId),
    isOpen: (partitionId) => open.has(partitionId),
    detach: () => {
      detached = true;
      store.fence();
    },
  };
}
