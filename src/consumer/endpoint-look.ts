import type { PartitionProperties } from '@azure/event-hubs';
import type { ReaderClient } from './client.js';
import { within } from './pauses.js';
import { complaintIn, type Complaint } from './sdk-errors.js';

/** What an endpoint said of its partitions within the deadline. */
export interface EndpointLook {
  answered: boolean;
  /** Of one that refused; undefined: answered, or no answer at all. */
  complaint: Complaint | undefined;
  partitions: ReadonlyMap<string, PartitionProperties>;
  /** All of the event hub, when it was asked for them. */
  partitionIds: readonly string[];
}

type Reply<T> = { value: T } | { complaint: Complaint | undefined };

const replyTo = async <T>(deadlineInMs: number, question: Promise<T>): Promise<Reply<T>> => {
  try {
    return (await within(deadlineInMs, question)) ?? { complaint: undefined };
  } catch (error) {
    return { complaint: complaintIn(error) };
  }
};

export interface LookPort {
  client: Pick<ReaderClient, 'partition' | 'partitionIds'>;
  /** Of one question, from when it is asked. */
  deadlineInMs: number;
  /** Before each question, for the service answers only so many. Resolves to false when there is nothing to ask for any more. */
  turn: () => Promise<boolean>;
}

/**
 * Asks for each of the partitions, or for the event hub when there is none: an answer is a sign of life also of a quiet hub. Without
 * an abort signal on purpose: aborting a request whose link is gone makes core-amqp 4 throw where nobody can catch it.
 */
export async function lookAtEndpoint(
  partitionIds: readonly string[],
  { client, deadlineInMs, turn }: LookPort,
): Promise<EndpointLook> {
  const partitions = new Map<string, PartitionProperties>();
  const nothing = { answered: false, complaint: undefined, partitions, partitionIds: [] };
  if (partitionIds.length === 0) {
    if (!(await turn())) return nothing;
    const reply = await replyTo(deadlineInMs, client.partitionIds());
    if ('value' in reply) return { ...nothing, answered: true, partitionIds: reply.value };
    return { ...nothing, complaint: reply.complaint };
  }
  const asked: Promise<Reply<PartitionProperties>>[] = [];
  for (const partitionId of partitionIds) {
    if (!(await turn())) break;
    asked.push(replyTo(deadlineInMs, client.partition(partitionId)));
  }
  const replies = await Promise.all(asked);
  for (const reply of replies) if ('value' in reply) partitions.set(reply.value.partitionId, reply.value);
  const answered = partitions.size > 0;
  const refusals = replies.flatMap((reply) => ('complaint' in reply ? (reply.complaint ?? []) : []));
  return { ...nothing, answered, complaint: answered ? undefined : refusals[0] };
}
