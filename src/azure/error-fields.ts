/** Reading errors of other people's libraries, whose classes say little and whose messages may hold bodies, URLs or tokens. */
const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

/** The text at a path of fields, if there is one. */
export const textAt = (value: unknown, ...path: string[]): string | undefined => {
  const found = path.reduce(fieldOf, value);
  return typeof found === 'string' && found !== '' ? found : undefined;
};

export const numberAt = (value: unknown, ...path: string[]): number | undefined => {
  const found = path.reduce(fieldOf, value);
  return typeof found === 'number' ? found : undefined;
};

/** Errors of @azure/identity: no token, so nothing was sent. */
const CREDENTIAL_ERRORS = new Set([
  'CredentialUnavailableError',
  'AuthenticationError',
  'AggregateAuthenticationError',
  'AuthenticationRequiredError',
]);
export const isCredentialError = (error: unknown): boolean => CREDENTIAL_ERRORS.has(textAt(error, 'name') ?? '');

const WORD = /^[\w.-]{1,64}$/;

/**
 * A cause that is safe to log: class, code and status of the original error. Its message, stack, request and response are left
 * behind because they can hold bodies, SAS tokens and twin contents.
 */
export const bareCause = (error: unknown): Error => {
  const words = [textAt(error, 'name'), textAt(error, 'code'), numberAt(error, 'statusCode')?.toString()];
  return new Error(words.filter((word) => word !== undefined && WORD.test(word)).join(' ') || 'unknown');
};

const MAX_RETRY_AFTER_IN_MS = 5 * 60_000;

/** `Retry-After` as seconds or as a date (RFC 9110, 10.2.3), in milliseconds, at most five minutes. */
export const parseRetryAfter = (header: string | undefined, now: Date): number | undefined => {
  if (header === undefined || header.trim() === '') {
    return undefined;
  }
  const inMs = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now.getTime();
  return Number.isNaN(inMs) ? undefined : Math.min(Math.max(inMs, 0), MAX_RETRY_AFTER_IN_MS);
};
