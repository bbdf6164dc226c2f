export type FleetErrorCode =
  | 'connectFailed' // a device could not connect, however often it tried
  | 'twinTimeout' // no answer to a twin request: the device SDK would wait for ever
  | 'sendFailed' // telemetry was not acknowledged
  | 'reportFailed' // the hub refused a reported patch
  | 'closeTimeout' // the SDK did not let go of a connection
  | 'disconnected' // the SDK gave a connection up
  | 'unknownDevice'; // not in this fleet

/** Something that a simulated device could not do. The message never holds keys or twin contents. */
export class FleetError extends Error {
  readonly code: FleetErrorCode;
  readonly retryable: boolean;

  constructor(code: FleetErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'FleetError';
    this.code = code;
    this.retryable = code === 'twinTimeout' || code === 'sendFailed' || code === 'disconnected';
  }
}

/** Rejects with `code` after `timeoutInMs`; what the promise does later is of no interest any more. */
export async function withDeadline<T>(
  promise: Promise<T>,
  timeoutInMs: number,
  code: FleetErrorCode,
  who: string,
): Promise<T> {
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new FleetError(code, `${who}: no answer in ${timeoutInMs} ms`)), timeoutInMs);
  try {
    return await Promise.race([promise, expired]);
  } finally {
    clearTimeout(timer);
  }
}
