/** What copying identities and twins can meet. */
export type MirrorErrorCode =
  | 'invalidSettings' // settings are missing or wrong: the app must not start
  // Calls to a hub. Source of the service's codes: IoT Hub "Troubleshoot error codes".
  | 'hubUnreachable' // no answer: refused, reset, DNS
  | 'hubTimeout' // the deadline passed; the outcome is unknown
  | 'hubThrottled' // 429001, 429002, 429003
  | 'hubQuotaExceeded' // 403002, until the next UTC day
  | 'hubUnavailable' // 500, 502, 503, 504 and their codes
  | 'hubFailingOver' // 404012
  | 'hubNotFound' // 401001 or an unexplained 404: also seen while a hub fails over, so never a proof that anything is gone
  | 'hubUnauthorized' // 401, 403 other than quota: our credentials or roles
  | 'hubBadAnswer' // an answer that is not what the service promises: empty, not JSON, wrong shape
  | 'deviceNotFound' // 404001, exactly
  | 'moduleNotFound' // 404010, exactly
  | 'deviceDisabled' // 401002 for a module, and its device is disabled: nobody may read or write its modules then
  | 'tierNotSupported' // 403010: a Basic or Free hub has no twins or modules
  | 'alreadyExists' // 409001, 409301
  | 'preconditionFailed' // 412001: somebody wrote in between
  | 'requestRefused' // 400, 413 and whatever else no repetition can mend
  // State storage
  | 'storageUnavailable'
  | 'storageConflict' // an ETag no longer matches
  | 'storageRefused' // 4xx which no repetition can mend
  // Ours
  | 'quotaReserved' // MIRROR_QUOTA_SHARE of the target's daily messages is used
  | 'held' // not now: the batch or message must be delivered again
  | 'deviceConnectionFailed' // writing reported properties as the device
  | 'aborted';

/** What reading telemetry through a hub's failover can meet. */
type TelemetryErrorCode =
  // The relay's target
  | 'targetUnavailable' // away, throttled, or it refuses us for now: whatever only has to wait
  | 'targetRefused' // it will never take this message: too large, or it cannot be encoded
  // Azure Resource Manager. None of these says anything of the hub itself.
  | 'armTimeout' // no answer in time: some calls get none while a hub fails over
  | 'armUnavailable' // no answer, 404, 408, 409, 429, 5xx
  | 'armUnauthorized' // no token, 401, 403: a person has to mend roles
  | 'armRefused' // any other 4xx
  | 'armBadAnswer' // an answer that is not what ARM promises
  | 'profileNotSupported' // the hub's connectionProfile is another one than Classic: what its events and twins do is not public
  // The hub's redirect to its built-in endpoint
  | 'redirectTimeout'
  | 'redirectUnavailable' // no connection to the hub's gateway
  | 'redirectRefused' // it refuses the link, and not with an address
  // The ends of a built-in endpoint's partitions
  | 'endsTimeout'
  | 'endsUnavailable' // no connection, or the endpoint refuses: it is gone, or the key is no policy's any more
  // Consumer failover
  | 'engineUnavailable' // Durable Functions can't be reached or refuses
  | 'stageRefused' // a transition that the table of stages does not have
  // "./consumer"
  | 'generationsUnknown' // the app, ARM or the state blob did not answer: no news, nothing changes
  | 'generationsRefused' // an answer that is no consumers document, or one with a lower revision; or a progress that is not taken
  | 'sharedKeyTimeout' // the user's sharedKey() gives no answer: the held key is used on, and a late answer still counts
  | 'eventHubSilent' // a generation's client gave no sign of life, or was sent away: it is made anew
  | 'endedUnread' // a generation ended by its limit, its source or the loss of its endpoint, with events that nobody will read now
  | 'handlerFailed' // a handler of the user threw; it is called again, or the event is parked
  | 'ownershipLost'; // a checkpoint after another process took the partition, or after its close

/**
 * Every error of this software carries a code of this closed list, a cause, and a verdict on whether trying again can help.
 * The verdict is made where the error is made: it is the last place that knows what happened.
 */
export type ErrorCode = MirrorErrorCode | TelemetryErrorCode;

export interface AppErrorOptions {
  retryable: boolean;
  cause?: unknown;
  /** What the other side asked us to wait, in milliseconds. */
  retryAfterInMs?: number;
  /** The service's own six-digit code or HTTP status, for logs. Never a body: bodies can hold keys and twin contents. */
  serviceCode?: number;
}

/** In the global registry of symbols: an error of another copy of this package, in the same process, carries it too. */
const brand = Symbol.for('iothub-standby.AppError');

export class AppError extends Error {
  readonly [brand] = true;
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly retryAfterInMs: number | undefined;
  readonly serviceCode: number | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions) {
    super(message, { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.retryable = options.retryable;
    this.retryAfterInMs = options.retryAfterInMs;
    this.serviceCode = options.serviceCode;
  }
}

/** By its brand, not its class: "./consumer" may be there twice in the user's process, and each copy has a class of its own. */
export const isAppError = (error: unknown, ...codes: ErrorCode[]): error is AppError =>
  typeof error === 'object' &&
  error !== null &&
  Reflect.get(error, brand) === true &&
  (codes.length === 0 || codes.includes((error as AppError).code));

/** The code of an error for logs and counters; what is not ours is a defect and is named so. */
export const codeOf = (error: unknown): ErrorCode | 'defect' => (isAppError(error) ? error.code : 'defect');
