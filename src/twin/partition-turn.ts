import { isAppError } from '../errors.js';
import type { Hold } from './hold.js';
import type { PartitionRow, PositionPort, Reached } from './ports.js';

/** What one process knows of a partition. */
export interface PartitionState {
  /** As last read or written by us; `undefined`: there is none. */
  row: PartitionRow | undefined;
  /** Another has written it, or may do so at any time. */
  isStale: boolean;
  /** Monotonic, taken before our last write of the row was sent. */
  renewedAtInMs: number;
  /** Another's row, and since when it has stood as it is. */
  watched: { etag: string; sinceInMs: number } | undefined;
  /** The last event that was done here. */
  last: bigint | undefined;
}

export interface TurnOptions {
  positions: PositionPort;
  /** Of this process, new each time it starts. */
  instanceId: string;
  /** A row that is busy and stands still for so long is of an instance that is gone; whoever cannot renew its own stops before. */
  leaseInMs: number;
  monotonicInMs: () => number;
}

const elsewhere: Hold = { reason: 'partitionElsewhere', hubWide: true };

/** One batch's right to write for its partition: claimed at its first write, renewed while it lasts, given back at its end. */
export interface Turn {
  /** True while nothing needs to be asked before a write. */
  isFresh(): boolean;
  /** Claims or renews; resolves with a hold where the partition is another's, or nobody can tell. */
  claim(): Promise<Hold | undefined>;
  /** Gives the partition back with what was reached in it; resolves with a hold when that could not be written. */
  end(reached: Reached | undefined): Promise<Hold | undefined>;
  /** Gives it back as it was: the batch has to wait, and another may take over meanwhile. */
  release(): Promise<void>;
}

export function createTurn(name: string, state: PartitionState, options: TurnOptions): Turn {
  const { positions, instanceId, leaseInMs, monotonicInMs } = options;
  let claimed = false;
  let lost = false;
  let pending: Promise<Hold | undefined> | undefined;
  let timer: NodeJS.Timeout | undefined;

  const write = async (change: Pick<PartitionRow, 'isBusy' | 'reached'>): Promise<Hold | undefined> => {
    const sentAtInMs = monotonicInMs();
    const etag = state.row?.etag;
    try {
      state.row = await positions.write(name, { ...change, owner: instanceId, ...(etag !== undefined && { etag }) });
      state.renewedAtInMs = sentAtInMs;
      return undefined;
    } catch (error) {
      if (!isAppError(error)) throw error;
      if (error.code !== 'storageConflict') return { reason: 'storageAway', hubWide: true, cause: error };
      lost = true;
      state.isStale = true;
      return elsewhere;
    }
  };
  const isMine = () => !state.isStale && state.row?.owner === instanceId && state.row.isBusy;

  /** Another's claim stands until it is given back, or has not been renewed for as long as it lasts. */
  const mustWait = (row: PartitionRow | undefined): boolean => {
    if (row === undefined || row.owner === instanceId || !row.isBusy) return false;
    const now = monotonicInMs();
    const etag = row.etag ?? '';
    const watched = state.watched?.etag === etag ? state.watched : { etag, sinceInMs: now };
    state.watched = watched;
    state.isStale = now - watched.sinceInMs <= leaseInMs;
    return state.isStale;
  };
  const take = async (): Promise<Hold | undefined> => {
    if (lost || (!claimed && mustWait(state.row))) return elsewhere;
    const hold = await write({ isBusy: true, reached: state.row?.reached });
    if (hold || claimed) return hold;
    claimed = true;
    timer = setInterval(() => void claimOnce(), leaseInMs / 3);
    timer.unref();
    return undefined;
  };
  const claimOnce = (): Promise<Hold | undefined> => {
    pending ??= take().finally(() => {
      pending = undefined;
    });
    return pending;
  };
  const settle = async (): Promise<void> => {
    clearInterval(timer);
    await pending;
  };

  return {
    isFresh: () => claimed && !lost && monotonicInMs() - state.renewedAtInMs < leaseInMs,
    claim: claimOnce,
    async end(reached) {
      await settle();
      if (lost) return elsewhere;
      // Also what an earlier try of this batch has claimed and could not give back.
      return isMine() ? write({ isBusy: false, reached }) : undefined;
    },
    async release() {
      await settle();
      // Where it can't be written the claim runs out by itself.
      if (!lost && isMine()) await write({ isBusy: false, reached: state.row?.reached });
    },
  };
}
