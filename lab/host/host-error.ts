/** Why the stand-in refuses to start, or to run a function. */
export type HostErrorCode =
  | 'host.badFunction' // a name or a set of triggers that the real host refuses too
  | 'host.badHostJson'
  | 'host.badRoute'
  | 'host.badSettings'
  | 'host.entryPoint' // the app's entry point threw or registered nothing
  | 'host.lateRegistration'
  | 'host.missingSetting'
  | 'host.notJson' // a body that the binding cannot parse: the invocation fails before the handler
  | 'host.startFailed' // the child process ended, or said that it could not start
  | 'host.unsupported'; // the real host can do it, the stand-in cannot

/** A refusal with a code: `retryable` is always false, since only a change of the app or its settings mends it. */
export class HostError extends Error {
  readonly code: HostErrorCode;
  readonly retryable = false;

  constructor(code: HostErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'HostError';
    this.code = code;
  }
}
