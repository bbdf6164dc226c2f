import type { CheckpointStore } from '@azure/event-hubs';

/**
 * A checkpoint store for the `generation`-th client of one listener: what an earlier client of it owned counts as free, so that
 * a new client takes it over at once instead of waiting for the ownership to expire.
 */
export function takeOver(store: CheckpointStore, instanceId: string, generation: number): CheckpointStore {
  const mine = ownerId(instanceId, generation);
  return {
    listOwnership: async (...where) => {
      const ownerships = await store.listOwnership(...where);
      return ownerships.map((one) =>
        one.ownerId.startsWith(`${instanceId}/`) && one.ownerId !== mine ? { ...one, ownerId: '' } : one,
      );
    },
    claimOwnership: (...what) => store.claimOwnership(...what),
    updateCheckpoint: (...what) => store.updateCheckpoint(...what),
    listCheckpoints: (...where) => store.listCheckpoints(...where),
  };
}

/** The identifier of a client, under which it owns partitions. */
export function ownerId(instanceId: string, generation: number): string {
  return `${instanceId}/${generation}`;
}
