/** Why a step of the demo did not come through. */
export type DemoErrorCode =
  | 'limit' // what was waited for did not happen in time
  | 'unexpectedAnswer' // the app or a hub answered something else
  | 'childEnded'; // a process of the demo ended by itself

export class DemoError extends Error {
  readonly code: DemoErrorCode;
  constructor(code: DemoErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'DemoError';
    this.code = code;
  }
}
