/** A refusal in AMQP's own words: the condition that the peer's SDK decides by, and the status for request/response links. */
export class AmqpRefusal extends Error {
  readonly condition: string;
  readonly status: number;

  constructor(condition: string, description: string, status: number) {
    super(description);
    this.name = 'AmqpRefusal';
    this.condition = condition;
    this.status = status;
  }
}

/** The condition with which Event Hubs words an HTTP-like status; "Event Hubs: AMQP error conditions". */
export const conditionOfStatus = (status: number): string => {
  if (status === 401 || status === 403) return 'amqp:unauthorized-access';
  if (status === 404) return 'amqp:not-found';
  if (status === 408 || status === 504) return 'com.microsoft:timeout';
  if (status === 429 || status === 503) return 'com.microsoft:server-busy';
  return 'amqp:internal-error';
};

export const notFound = (entity: string): AmqpRefusal =>
  new AmqpRefusal('amqp:not-found', `The messaging entity '${entity}' could not be found.`, 404);

export const argumentError = (description: string): AmqpRefusal =>
  new AmqpRefusal('com.microsoft:argument-error', description, 400);

/** A partition that the event hub does not have: the condition of the service (suites of @azure/event-hubs). */
export const noSuchPartition = (eventHub: string, partitionId: string): AmqpRefusal =>
  new AmqpRefusal(
    'com.microsoft:argument-out-of-range',
    `The specified partition '${partitionId}' is invalid for event hub '${eventHub}'.`,
    400,
  );

/** A refusal as it is; anything else is a defect of the laboratory and shown as such to the peer. */
export const asRefusal = (error: unknown): AmqpRefusal =>
  error instanceof AmqpRefusal
    ? error
    : new AmqpRefusal('amqp:internal-error', error instanceof Error ? error.message : String(error), 500);
