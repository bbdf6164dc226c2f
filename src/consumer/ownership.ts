import type { PartitionOwnership } from '@azure/event-hubs';

const mark = 'leaving.';

/** Owner of a partition that a handler still works with, while its processor leaves. */
export const leavingOwner = (ownerId: string): string => `${mark}${ownerId}`;

export const isLeaving = ({ ownerId }: PartitionOwnership): boolean => ownerId.startsWith(mark);

/** Whose claim it is, leaving or not; empty: given back. */
export const ownerOf = ({ ownerId }: PartitionOwnership): string =>
  ownerId.startsWith(mark) ? ownerId.slice(mark.length) : ownerId;

/** Renewed not longer ago than claims last, by the wall clock. A store that tells no time has no live ones, as for the SDK. */
export const isLive = (
  { lastModifiedTimeInMs }: PartitionOwnership,
  limits: { nowInMs: number; expiresInMs: number },
): boolean => lastModifiedTimeInMs !== undefined && limits.nowInMs - lastModifiedTimeInMs < limits.expiresInMs;
