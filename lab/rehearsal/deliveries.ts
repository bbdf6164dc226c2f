import type { EndpointFeed } from '../hub-failover/contract.js';
import type { ReaderLog } from './reader-log.js';

/** The way of the first message into a generation. */
export interface Delivery {
  /** Endpoints of the hub counted from 1: the one that it had after its failover number `generation - 1`. */
  generation: number;
  endpoint: string;
  /** Messages that the hub stored there in that time. */
  accepted: number;
  /** Last message of the endpoint before to the first of this one, by the hub's times. Null: no message. */
  gapInMs: number | null;
  /** First message available here -> delivered. Null: no message, or the reader did not get the first one. */
  deliveryInMs: number | null;
}

/** One for each time that the hub moved to an endpoint, oldest first. */
export const deliveriesOf = (
  feeds: readonly EndpointFeed[],
  { deliveredAt }: Pick<ReaderLog, 'deliveredAt'>,
): Delivery[] => {
  let lastBefore: number | undefined;
  return feeds
    .map(({ hostName, accepted, firstEnqueuedAt, lastEnqueuedAt }, index): Delivery => {
      const delivered = firstEnqueuedAt === undefined ? undefined : deliveredAt(hostName, firstEnqueuedAt);
      const measured = {
        gapInMs: firstEnqueuedAt === undefined || lastBefore === undefined ? null : firstEnqueuedAt - lastBefore,
        deliveryInMs: firstEnqueuedAt === undefined || delivered === undefined ? null : delivered - firstEnqueuedAt,
      };
      lastBefore = lastEnqueuedAt ?? lastBefore;
      return { generation: index + 1, endpoint: hostName, accepted, ...measured };
    })
    .slice(1);
};

/** What is wrong with them, in words. */
export const deliveryProblems = (deliveries: readonly Delivery[], boundInMs: number): string[] =>
  deliveries.flatMap(({ generation, accepted, deliveryInMs }) => {
    if (accepted === 0) return [];
    if (deliveryInMs === null) return [`the first message of generation ${generation} was not delivered`];
    return deliveryInMs > boundInMs
      ? [
          `the first message of generation ${generation} took ${deliveryInMs} ms, more than the bound of ${boundInMs} ms`,
        ]
      : [];
  });
