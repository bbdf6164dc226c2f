/** What an error of @azure/event-hubs says about its endpoint. Several attempts are reported as one AggregateError. */
export type Complaint = 'redirect' | 'keyRefused' | 'denied' | 'refused' | 'other';

const fieldsOf = (error: unknown): Record<string, unknown> =>
  typeof error === 'object' && error !== null ? { ...error } : {};

/** Attempts of attempts: one connection is tried over IPv4 and IPv6. */
const parts = (error: unknown): unknown[] =>
  error instanceof AggregateError && error.errors.length > 0 ? error.errors.flatMap(parts) : [error];

const nameOf = (error: unknown): string => {
  const { code } = fieldsOf(error);
  return typeof code === 'string' ? code : '';
};

const complaintOf = (error: unknown): Complaint => {
  const code = nameOf(error);
  if (code === 'LinkRedirectError') return 'redirect';
  if (code === 'UnauthorizedError') return 'keyRefused';
  // `amqp:not-found` and DNS' ENOTFOUND both become ServiceCommunicationError (core-amqp, errors.ts).
  if (code === 'ServiceCommunicationError' || code === 'MessagingEntityNotFoundError' || code === 'ENOTFOUND')
    return 'denied';
  return code === 'ECONNREFUSED' ? 'refused' : 'other';
};

/** The weightiest of what the attempts met. */
export function complaintIn(error: unknown): Complaint {
  const complaints = new Set(parts(error).map(complaintOf));
  return (['redirect', 'keyRefused', 'denied', 'refused'] as const).find((one) => complaints.has(one)) ?? 'other';
}

/** The SDK ends the reading of a partition at such an error: partitionPump.js, "close the partition processor". */
export const endsReading = (error: unknown): boolean => fieldsOf(error)['retryable'] !== true;

/** Another process reads the partition: not a fault, and told by processClose. */
export const isTaken = (error: unknown): boolean => parts(error).some((part) => nameOf(part) === takenCode);

const takenCode = 'ReceiverDisconnectedError';

/** Thrown out of processEvents, it makes the SDK close this one partition with the reason OwnershipLost. */
export class PartitionTakenError extends Error {
  readonly code = takenCode;
  readonly retryable = false;

  constructor(partitionId: string) {
    super(`partition ${partitionId} is read by another process now`);
    this.name = 'PartitionTakenError';
  }
}
