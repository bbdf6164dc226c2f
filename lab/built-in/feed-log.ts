import type { EndpointFeed } from '../hub-failover/contract.js';

export interface FeedLog {
  /** From now on the hub stores telemetry in this endpoint. */
  begin(hostName: string): void;
  /** One message was stored. */
  note(enqueuedAt: number): void;
  all(): readonly EndpointFeed[];
}

/** Where the hub stored telemetry, and when. */
export const createFeedLog = (hostName: string): FeedLog => {
  let current: EndpointFeed = { hostName, accepted: 0 };
  const before: EndpointFeed[] = [];
  return {
    begin: (next) => {
      before.push(current);
      current = { hostName: next, accepted: 0 };
    },
    note: (enqueuedAt) => {
      const { hostName: name, accepted, firstEnqueuedAt = enqueuedAt } = current;
      current = { hostName: name, accepted: accepted + 1, firstEnqueuedAt, lastEnqueuedAt: enqueuedAt };
    },
    all: () => [...before, current],
  };
};

/** Messages stored, by host name. */
export const acceptedBy = (feeds: readonly EndpointFeed[]): Record<string, number> => {
  const sums = new Map<string, number>();
  for (const { hostName, accepted } of feeds)
    if (accepted > 0) sums.set(hostName, (sums.get(hostName) ?? 0) + accepted);
  return Object.fromEntries(sums);
};
