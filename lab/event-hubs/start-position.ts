import { argumentError } from './amqp-error.js';

/** Where a reader wants to begin. Values are numbers as the annotations have them; enqueued time in milliseconds. */
export type StartPosition =
  | { by: 'earliest' }
  | { by: 'latest' }
  | { by: 'sequenceNumber' | 'offset'; value: number; inclusive: boolean }
  | { by: 'enqueuedTime'; value: number };

/** The key under which Event Hubs clients put the expression into the source's filter set. */
export const selectorFilterName = 'apache.org:selector-filter:string';

// Values stand in quotes, except those of the .NET client (Azure.Messaging.EventHubs 5.12), which the trigger of Functions uses.
const selector = /^amqp\.annotation\.x-opt-(offset|sequence-number|enqueued-time) (>=?) ('?)(@latest|-?\d+)\3$/;

/**
 * Reads the selector of a receiving link, for example `amqp.annotation.x-opt-offset > '-1'`. No selector: from the earliest event.
 * Throws AmqpRefusal `com.microsoft:argument-error` for anything else than what Event Hubs clients send.
 */
export const parseSelector = (expression: string | undefined): StartPosition => {
  if (expression === undefined) return { by: 'earliest' };
  const [, annotation, operator, , value] = selector.exec(expression.trim()) ?? [];
  if (annotation === undefined || value === undefined) {
    throw argumentError(`The filter '${expression}' is not a position that Event Hubs knows.`);
  }
  if (value === '@latest') return { by: 'latest' };
  if (annotation === 'enqueued-time') return { by: 'enqueuedTime', value: Number(value) };
  if (value === '-1') return { by: 'earliest' };
  const by = annotation === 'offset' ? 'offset' : 'sequenceNumber';
  return { by, value: Number(value), inclusive: operator === '>=' };
};
