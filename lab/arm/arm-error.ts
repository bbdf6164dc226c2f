/** A refusal over HTTP. Azure Resource Manager and the IoT Hub resource provider behind it word theirs differently. */
export class ArmError extends Error {
  readonly status: 400 | 401 | 404 | 409 | 500;
  readonly body: object;
  constructor(status: ArmError['status'], message: string, body: object) {
    super(message);
    this.name = 'ArmError';
    this.status = status;
    this.body = body;
  }
}

/** "Azure Resource Manager, common API details": the error response. */
export const armErrorBody = (code: string, message: string) => ({ error: { code, message } });

export const gatewayError = (status: ArmError['status'], code: string, message: string): ArmError =>
  new ArmError(status, message, armErrorBody(code, message));

const statusNames = { 400: 'BadRequest', 404: 'NotFound', 409: 'Conflict' } as const;

/** ErrorDetails of the resource provider's REST API, with its six digits (`400007`) where they are known. */
export const providerError = (status: keyof typeof statusNames, code: number, message: string): ArmError =>
  new ArmError(status, message, { code, httpStatusCode: statusNames[status], message });
