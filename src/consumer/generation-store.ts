import type { Checkpoint, CheckpointStore, PartitionOwnership } from '@azure/event-hubs';
import { isLeaving, isLive, leavingOwner, ownerOf } from './ownership.js';

/** What the store of one client has to know of the generation that the client reads. */
export interface GenerationStorePort {
  /** The client's identifier. */
  ownerId: string;
  ownershipExpiresInMs: number;
  /** As the store's `lastModifiedTimeInMs`: of the wall clock. */
  nowInMs(): number;
  /** The SDK reads this partition now. */
  isOpen(partitionId: string): boolean;
  /** A handler is at work with this partition, or its close is. */
  isHeld(partitionId: string): boolean;
  /**
   * The partition became ours and is not read yet: its start position is made. False: not now; the claim stays. Rejects: the same, and
   * the SDK reports it.
   */
  prepare(partitionId: string): Promise<boolean>;
  /** Further than any checkpoint that this process wrote: what it processed since. */
  processed(partitionId: string): { sequenceNumber: number; offset: string } | undefined;
  /** Who owns what, at each look; also of one that leaves. */
  seen(ownerships: readonly PartitionOwnership[]): void;
}

export interface GenerationStore extends CheckpointStore {
  /** From now on nothing is claimed any more; at each look of the SDK what is held is renewed as a leaver's, and the rest is given back. */
  leave(): void;
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

/** One would do if processes looked at the same moments and no look ever came late. */
const looksBeforeReading = 2;

/**
 * The store of one client. Some things of @azure/event-hubs 6 are mended here:
 * - It does not restart a partition whose reading ended with an error until its own claim has expired: such a claim is shown as given back.
 * - It takes a start position only before its processInitialize: `prepare` comes earlier.
 * - It reads at once what it took from a live owner, which goes on until it sees that: such a partition is read from the second look on,
 *   and its owner sees the loss before that, at a look of its own or when it renews.
 * - It leaves to each owner its equal share, also to one that is leaving: partitions which such a one holds are shown as free to the
 *   others, and are refused when they want them.
 */
export function createGenerationStore(inner: CheckpointStore, port: GenerationStorePort): GenerationStore {
  const { ownerId } = port;
  let state: 'claiming' | 'leaving' | 'releasing' | 'fenced' = 'claiming';
  const isFenced = (): boolean => state === 'fenced';
  /** Its start position holds all that the checkpoint says, and more: the SDK need not ask for it again. */
  let isPrepared = false;
  /** Live claims of others when the SDK last looked, by partition. */
  let others = new Map<string, PartitionOwnership>();
  /** Looks to wait for, by partition that was taken from a live owner. */
  const waits = new Map<string, number>();

  const shownAs = (ownership: PartitionOwnership): PartitionOwnership => {
    const { partitionId } = ownership;
    const isOurs = ownerOf(ownership) === ownerId;
    if (state !== 'claiming') return isOurs ? { ...ownership, ownerId } : ownership;
    const isLeavers = others.get(partitionId) !== undefined && isLeaving(ownership);
    return isLeavers || (isOurs && !port.isOpen(partitionId)) ? { ...ownership, ownerId: '' } : ownership;
  };
  const tell = (ownerships: readonly PartitionOwnership[]): void =>
    port.seen(ownerships.map((one) => ({ ...one, ownerId: ownerOf(one) })));
  const look = (ownerships: readonly PartitionOwnership[]): void => {
    const limits = { nowInMs: port.nowInMs(), expiresInMs: port.ownershipExpiresInMs };
    for (const [partitionId, looks] of waits)
      if (looks > 1) waits.set(partitionId, looks - 1);
      else waits.delete(partitionId);
    const isOfAnother = (one: PartitionOwnership): boolean => ownerOf(one) !== '' && ownerOf(one) !== ownerId;
    others = new Map(
      ownerships.filter((one) => isOfAnother(one) && isLive(one, limits)).map((one) => [one.partitionId, one]),
    );
    if (state === 'claiming' || state === 'leaving') tell(ownerships);
  };
  const claim = async (wanted: PartitionOwnership, options?: object): Promise<PartitionOwnership[]> => {
    const { partitionId, fullyQualifiedNamespace, eventHubName, consumerGroup } = wanted;
    isPrepared = false;
    const other = others.get(partitionId);
    if (other !== undefined && isLeaving(other)) return [];
    const ours = await inner.claimOwnership([wanted], options);
    if (wanted.ownerId === '') return ours;
    if (port.isOpen(partitionId)) {
      // Refused: somebody took it since the look.
      if (ours.length === 0)
        tell(await inner.listOwnership(fullyQualifiedNamespace, eventHubName, consumerGroup, options));
      return ours;
    }
    if (state !== 'claiming' || ours.length === 0) return [];
    if (other !== undefined) waits.set(partitionId, looksBeforeReading);
    if (waits.has(partitionId)) return [];
    isPrepared = (await port.prepare(partitionId)) && !isFenced();
    return isPrepared ? ours : [];
  };
  const renewOrGiveBack = async (ownerships: readonly PartitionOwnership[], options?: object): Promise<void> => {
    for (const one of ownerships) {
      if (ownerOf(one) !== ownerId || state !== 'leaving') continue;
      const next = port.isHeld(one.partitionId) ? leavingOwner(ownerId) : '';
      await inner.claimOwnership([{ ...one, ownerId: next }], options);
    }
  };

  return {
    listOwnership: async (namespace, eventHub, group, options) => {
      if (isFenced()) return [];
      const ownerships = await inner.listOwnership(namespace, eventHub, group, options);
      look(ownerships);
      await renewOrGiveBack(ownerships, options);
      return ownerships.map(shownAs);
    },
    claimOwnership: async (wanted, options) => {
      const claimed: PartitionOwnership[] = [];
      for (const one of wanted) {
        const isGivingBack = one.ownerId === '';
        if (isFenced() || (state !== 'claiming' && !isGivingBack)) break;
        claimed.push(...(await claim(one, options)));
      }
      return claimed;
    },
    listCheckpoints: async (namespace, eventHub, group, options) => {
      if (isPrepared) return [];
      return withProcessed(await inner.listCheckpoints(namespace, eventHub, group, options), port);
    },
    updateCheckpoint: (checkpoint, options) => inner.updateCheckpoint(checkpoint, options),
    leave: () => {
      if (state === 'claiming') state = 'leaving';
    },
    release: () => {
      if (!isFenced()) state = 'releasing';
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
