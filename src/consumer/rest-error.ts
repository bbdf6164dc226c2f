/**
 * Fields of an error of a storage SDK (RestError, core-rest-pipeline: `statusCode`, `code`). Never its class: the container comes from the user's
 * process, where another copy of the SDK (CommonJS, another version) has a class of its own.
 */
const fieldOf = (error: unknown, name: string): unknown =>
  typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;

/** HTTP status of the answer; undefined: there was none, or it is no error of an answer. */
export const statusOf = (error: unknown): number | undefined => {
  const status = fieldOf(error, 'statusCode');
  return typeof status === 'number' ? status : undefined;
};

/** The service's own name of the error, as `BlobNotFound`. */
export const isNamed = (error: unknown, code: string): boolean => fieldOf(error, 'code') === code;
