import type { Checkpoint, CheckpointStore, PartitionOwnership } from '@azure/event-hubs';

/** What the store of one client has to know of the generation that the client reads. */
export interface GenerationStorePort {
  /** The client's identifier. */
  ownerId: string;
  /** The SDK reads this partition now. */
  isOpen(partitionId: string): boolean;
  /**
   * The partition became ours and is not read yet: its start position is made. False: not now; the claim stays. Rejects: the same, and
   * the SDK reports it.
   */
  prepare(partitionId: string): Promise<boolean>;
  /** Further than any checkpoint that this process wrote: what it processed since. */
  processed(partitionId: string): { sequenceNumber: number; offset: string } | undefined;
  /** Who owns what, at each look. */
  seen(ownerships: readonly PartitionOwnership[]): void;
}

export interface GenerationStore extends CheckpointStore {
  /** From now on nothing is claimed any more; what is owned can be given back. */
  release(): void;
  /** From now on nothing is read or written: the client was given up, and what it does late must not touch its successor's claims. */
  fence(): void;
}

/** Any store of the SDK, with keys of one generation: a namespace that is seen again begins without its old checkpoints. */
export function keyedByGeneration(inner: CheckpointStore, generation: number): CheckpointStore {
  const keyOf = (fullyQualifiedNamespace: string): string => `g${generation}.${fullyQualifiedNamespace}`;
  const toKey = <T extends Checkpoint | PartitionOwnership>(entry: T): T => ({
    ...entry,
    fullyQualifiedNamespace: keyOf(entry.fullyQualifiedNamespace),
  });
  const back =
    (fullyQualifiedNamespace: string) =>
    <T extends Checkpoint | PartitionOwnership>(entry: T): T => ({ ...entry, fullyQualifiedNamespace });
  return {
    listOwnership: async (namespace, ...rest) =>
      (await inner.listOwnership(keyOf(namespace), ...rest)).map(back(namespace)),
    claimOwnership: async (wanted, ...rest) => {
      const claimed: PartitionOwnership[] = [];
      for (const one of wanted)
        claimed.push(...(await inner.claimOwnership([toKey(one)], ...rest)).map(back(one.fullyQualifiedNamespace)));
      return claimed;
    },
    listCheckpoints: async (namespace, ...rest) =>
      (await inner.listCheckpoints(keyOf(namespace), ...rest)).map(back(namespace)),
    updateCheckpoint: (checkpoint, ...rest) => inner.updateCheckpoint(toKey(checkpoint), ...rest),
  };
}

/**
 * The store of one client. Two things of @azure/event-hubs 6 are mended here. It does not restart a partition whose reading ended with an
 * error until its own claim has expired: such a claim is shown as given back. And it takes a start position only before its
 * processInitialize: `prepare` comes earlier.
 */
export function createGenerationStore(inner: CheckpointStore, port: GenerationStorePort): GenerationStore {
  let state: 'claiming' | 'releasing' | 'fenced' = 'claiming';
  const isFenced = (): boolean => state === 'fenced';
  /** Its start position holds all that the checkpoint says, and more: the SDK need not ask for it again. */
  let isPrepared = false;

  const shownAs = (ownership: PartitionOwnership): PartitionOwnership =>
    state === 'claiming' && ownership.ownerId === port.ownerId && !port.isOpen(ownership.partitionId)
      ? { ...ownership, ownerId: '' }
      : ownership;

  const claim = async (wanted: PartitionOwnership, options?: object): Promise<PartitionOwnership[]> => {
    isPrepared = false;
    const ours = await inner.claimOwnership([wanted], options);
    if (state !== 'claiming' || ours.length === 0 || port.isOpen(wanted.partitionId)) return ours;
    isPrepared = (await port.prepare(wanted.partitionId)) && !isFenced();
    return isPrepared ? ours : [];
  };

  return {
    listOwnership: async (namespace, eventHub, group, options) => {
      if (isFenced()) return [];
      const ownerships = await inner.listOwnership(namespace, eventHub, group, options);
      if (state === 'claiming') port.seen(ownerships);
      return ownerships.map(shownAs);
    },
    claimOwnership: async (wanted, options) => {
      const claimed: PartitionOwnership[] = [];
      for (const one of wanted) {
        const isGivingBack = one.ownerId === '';
        if (isFenced() || (state === 'releasing' && !isGivingBack)) break;
        claimed.push(...(await claim(one, options)));
      }
      return claimed;
    },
    listCheckpoints: async (namespace, eventHub, group, options) => {
      if (isPrepared) return [];
      return withProcessed(await inner.listCheckpoints(namespace, eventHub, group, options), port);
    },
    updateCheckpoint: (checkpoint, options) => inner.updateCheckpoint(checkpoint, options),
    release: () => {
      if (state === 'claiming') state = 'releasing';
    },
    fence: () => {
      state = 'fenced';
    },
  };
}

const withProcessed = (checkpoints: readonly Checkpoint[], port: GenerationStorePort): Checkpoint[] =>
  checkpoints.map((checkpoint) => {
    const processed = port.processed(checkpoint.partitionId);
    if (processed === undefined || processed.sequenceNumber <= checkpoint.sequenceNumber) return checkpoint;
    return { ...checkpoint, ...processed };
  });
