import type { CheckpointStore, PartitionOwnership } from '@azure/event-hubs';

/**
 * A checkpoint store for the `generation`-th client of one listener: what an earlier client of it owned counts as free, so that
 * a new client takes it over at once instead of waiting for the ownership to expire. `onListed` is told what each look at the
 * ownerships showed.
 */
export function takeOver(
  store: CheckpointStore,
  instanceId: string,
  generation: number,
  onListed: (ownerships: readonly PartitionOwnership[]) => void = () => undefined,
): CheckpointStore {
  const mine = ownerId(instanceId, generation);
  return {
    listOwnership: async (...where) => {
      const ownerships = await store.listOwnership(...where);
      onListed(ownerships);
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

/** Whether another instance than this one owns it now; a partition that was given up is nobody's. */
export const isOthers = ({ ownerId: owner }: PartitionOwnership, instanceId: string): boolean =>
  owner !== '' && !owner.startsWith(`${instanceId}/`);
