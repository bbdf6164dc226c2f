import { AppError, isAppError } from '../../errors.js';
import { bareCause, isCredentialError, numberAt, parseRetryAfter, textAt } from '../error-fields.js';

/** The service's own name of an error: blobs and queues say it in `code`, tables in the OData error. */
export const storageCodeOf = (error: unknown): string | undefined =>
  textAt(error, 'details', 'odataError', 'code') ?? textAt(error, 'details', 'errorCode') ?? textAt(error, 'code');

export const isStatus = (error: unknown, ...statuses: number[]): boolean =>
  statuses.includes(numberAt(error, 'statusCode') ?? 0);

/** The table, queue or container itself is away: it was deleted behind our back, or is being deleted. */
export const isContainerAway = (error: unknown): boolean =>
  /^(Table|Queue|Container)(NotFound|BeingDeleted)$/.test(storageCodeOf(error) ?? '');

const BUSY = new Set([408, 429]);
const retryAfterOf = (error: unknown) =>
  parseRetryAfter(textAt(error, 'response', 'parsedHeaders', 'retryAfter'), new Date());

const unavailable = (what: string, error: unknown): AppError => {
  const serviceCode = numberAt(error, 'statusCode');
  const retryAfterInMs = retryAfterOf(error);
  return new AppError('storageUnavailable', `${what}: storage cannot be used now`, {
    retryable: true,
    cause: bareCause(error),
    ...(serviceCode === undefined ? {} : { serviceCode }),
    ...(retryAfterInMs === undefined ? {} : { retryAfterInMs }),
  });
};

/**
 * What a storage SDK threw, as one of our codes; what is neither an answer nor a lost connection is a defect and stays as it is.
 * 401 and 403 count as unavailable: a person can mend keys, roles and network rules, and nothing may be lost until then.
 */
export const translateStorageError = (what: string, error: unknown): unknown => {
  if (isAppError(error)) {
    return error;
  }
  const status = numberAt(error, 'statusCode');
  if (isCredentialError(error) || isContainerAway(error)) {
    return unavailable(what, error);
  }
  if (status === undefined) {
    const name = textAt(error, 'name') ?? '';
    const lost =
      ['AbortError', 'TimeoutError', 'RestError'].includes(name) || /^E[A-Z_]+$/.test(textAt(error, 'code') ?? '');
    return lost ? unavailable(what, error) : error;
  }
  if (status >= 500 || status === 401 || status === 403 || BUSY.has(status)) {
    return unavailable(what, error);
  }
  const options = { cause: bareCause(error), serviceCode: status };
  return status === 409 || status === 412
    ? new AppError('storageConflict', `${what}: somebody else has written`, { ...options, retryable: true })
    : new AppError('storageRefused', `${what}: refused`, { ...options, retryable: false });
};
