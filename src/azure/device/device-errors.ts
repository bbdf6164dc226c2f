import { AppError } from '../../errors.js';
import { bareCause, textAt } from '../error-fields.js';

/** The SDK puts this before EVERY failure of a first connection, so that a refused socket becomes an UnauthorizedError too. */
const FIRST_CONNECTION = /^.*Failure on first connection \(Not authorized\): /;
/** What mqtt.js says of CONNACK 2, 4 and 5 (MQTT 3.1.1, table 3.1): the hub is there and does not want this identity. */
const REFUSED = /Identifier rejected|Bad username or password|Not authorized/;

/** Only a hub's refusal is final; the network and a busy hub (CONNACK 3) pass. */
export const isRefusedByHub = (error: unknown): boolean =>
  REFUSED.test((textAt(error, 'message') ?? '').replace(FIRST_CONNECTION, ''));

export const connectionFailed = (what: string, error: unknown, retryable = true): AppError =>
  new AppError('deviceConnectionFailed', `reported: ${what}`, { retryable, cause: bareCause(error) });

/** Rejects with `deviceConnectionFailed` when the promise takes longer: the SDK waits for ever for an answer that got lost. */
export const withDeadline = async <T>(what: string, timeoutInMs: number, promise: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(connectionFailed(`${what}: no answer in ${timeoutInMs} ms, the outcome is unknown`, undefined));
    }, timeoutInMs);
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
  }
};
