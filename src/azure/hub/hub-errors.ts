import { AppError, isAppError, type AppErrorOptions, type ErrorCode } from '../../errors.js';
import { bareCause, isCredentialError, numberAt, parseRetryAfter, textAt } from '../error-fields.js';
import { serviceCodeOf } from './service-code.js';

type Verdict = [code: ErrorCode, retryable: boolean];

/** The service's code decides first: one status has several meanings. */
const BY_SERVICE_CODE: Record<number, Verdict> = {
  400023: ['preconditionFailed', true],
  400024: ['hubUnavailable', true],
  400025: ['hubFailingOver', true],
  401001: ['hubNotFound', true],
  // $edgeAgent and $edgeHub: no role will ever be enough.
  401100: ['requestRefused', false],
  403002: ['hubQuotaExceeded', true],
  // Retryable, because a person can choose another tier; nothing may be refused for good meanwhile.
  403010: ['tierNotSupported', true],
  404001: ['deviceNotFound', false],
  404010: ['moduleNotFound', false],
  404012: ['hubFailingOver', true],
  409001: ['alreadyExists', true],
  409301: ['alreadyExists', true],
  412001: ['preconditionFailed', true],
};

const BY_STATUS: Record<number, Verdict> = {
  // Retryable, because a person can mend keys, roles and network rules; nothing may be refused for good meanwhile.
  401: ['hubUnauthorized', true],
  403: ['hubUnauthorized', true],
  404: ['hubNotFound', true],
  408: ['hubUnavailable', true],
  412: ['preconditionFailed', true],
  429: ['hubThrottled', true],
};

interface HubAnswer {
  status: number;
  serviceCode?: number | undefined;
  /** Header and body both name `serviceCode`. Default false. */
  isSaidTwice?: boolean;
  retryAfterInMs?: number | undefined;
  cause?: unknown;
}

/** DeviceNotFound and ModuleNotFound: something will be taken away where they are believed. */
const GONE = new Set([404001, 404010]);

const verdictOf = ({ status, serviceCode, isSaidTwice = false }: HubAnswer): Verdict => {
  const known = serviceCode === undefined ? undefined : BY_SERVICE_CODE[serviceCode];
  const isDoubtful = GONE.has(serviceCode ?? 0) && !(status === 404 && isSaidTwice);
  if (known !== undefined && !isDoubtful) {
    return known;
  }
  // The service says these codes with 404 only: another status and this code contradict each other.
  if (isDoubtful && status !== 404 && status < 500) {
    return ['hubBadAnswer', true];
  }
  if (status >= 500) {
    return ['hubUnavailable', true];
  }
  // A hub does not redirect and has no other success: something else answered in its place.
  return BY_STATUS[status] ?? (status < 400 ? ['hubBadAnswer', true] : ['requestRefused', false]);
};

/** An answer with an error as one of our codes. The text of a body never gets into it. */
export const hubAnswerError = (what: string, answer: HubAnswer): AppError => {
  const [code, retryable] = verdictOf(answer);
  const options: AppErrorOptions = { retryable, serviceCode: answer.serviceCode ?? answer.status };
  if (answer.retryAfterInMs !== undefined) {
    options.retryAfterInMs = answer.retryAfterInMs;
  }
  if (answer.cause !== undefined) {
    options.cause = answer.cause;
  }
  return new AppError(code, `${what}: the hub answered ${options.serviceCode}`, options);
};

interface SdkAnswer {
  status: number;
  headers: Record<string, string>;
}
const answerOf = (error: unknown): SdkAnswer | undefined => {
  const status = numberAt(error, 'response', 'statusCode');
  const headers: unknown =
    status === undefined ? undefined : Reflect.get(Reflect.get(error as object, 'response'), 'headers');
  return status === undefined ? undefined : { status, headers: (headers ?? {}) as Record<string, string> };
};

/**
 * What the SDK rejected with, as one of our codes. Its classes are not looked at: one of them stands for every 403, another one for
 * several kinds of 404. What is neither an answer nor a lost connection is a defect and stays as it is.
 */
export const translateHubError = (what: string, error: unknown): unknown => {
  if (isAppError(error)) {
    return error;
  }
  const cause = bareCause(error);
  const answer = answerOf(error);
  if (answer !== undefined) {
    const { code, isSaidTwice } = serviceCodeOf(answer.headers, textAt(error, 'responseBody'));
    const retryAfterInMs = parseRetryAfter(answer.headers['retry-after'], new Date());
    return hubAnswerError(what, { status: answer.status, serviceCode: code, isSaidTwice, retryAfterInMs, cause });
  }
  if (isCredentialError(error) || textAt(error, 'message') === 'AccessToken creation failed') {
    return new AppError('hubUnauthorized', `${what}: no token for the hub`, { retryable: true, cause });
  }
  if (error instanceof SyntaxError) {
    return new AppError('hubBadAnswer', `${what}: the hub's answer is not JSON`, { retryable: true, cause });
  }
  // System errors (ECONNRESET), TLS alerts and certificates (ERR_SSL_..., CERT_HAS_EXPIRED), DNS (ENOTFOUND): all have a code.
  if (
    error instanceof Error &&
    !(error instanceof TypeError) &&
    /^[A-Z][A-Z0-9_]+$/.test(textAt(error, 'code') ?? '')
  ) {
    return new AppError('hubUnreachable', `${what}: no answer from the hub`, { retryable: true, cause });
  }
  return error;
};
