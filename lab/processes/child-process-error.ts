export type ChildProcessErrorCode =
  | 'exitedEarly' // the child ended before it said what was waited for
  | 'startTimeout'; // it lives but did not say it in time

/** A child process of the laboratory did not come up. Trying again with the same input helps only after `startTimeout`. */
export class ChildProcessError extends Error {
  readonly code: ChildProcessErrorCode;
  readonly retryable: boolean;

  constructor(code: ChildProcessErrorCode, message: string) {
    super(message);
    this.name = 'ChildProcessError';
    this.code = code;
    this.retryable = code === 'startTimeout';
  }
}
