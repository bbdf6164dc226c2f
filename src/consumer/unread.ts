import { AppError } from '../errors.js';
import type { ProcessorCloseReason } from './contract.js';

/** A partition that this process read when its generation ended. Sequence numbers; undefined: not known. */
export interface PartitionEnd {
  partitionId: string;
  /** As the endpoint last told. */
  lastEnqueued: number | undefined;
  processed: number | undefined;
}

const sentences: Partial<Record<ProcessorCloseReason, string>> = {
  GenerationEnded: 'was ended by its limit or by its source',
  EndpointGone: 'lost its endpoint',
};

/** The error that says what a generation leaves unread, for good; undefined when nothing is known to be left. */
export function unreadError(
  { generation, endpoint, reason }: { generation: number; endpoint: string; reason: ProcessorCloseReason },
  ends: readonly PartitionEnd[],
): AppError | undefined {
  const lags = ends.flatMap(({ partitionId, lastEnqueued, processed }) => {
    const lag = lastEnqueued === undefined || processed === undefined ? 0 : lastEnqueued - processed;
    return lag > 0 ? { partitionId, lag } : [];
  });
  const sentence = sentences[reason];
  if (lags.length === 0 || sentence === undefined) return undefined;
  const unread = lags.reduce((sum, { lag }) => sum + lag, 0);
  const each = lags.map(({ partitionId, lag }) => `${partitionId}: ${lag}`).join(', ');
  return new AppError(
    'endedUnread',
    `generation ${generation} on ${endpoint} ${sentence}: at least ${unread} events stay unread (by partition ${each})`,
    { retryable: false },
  );
}
