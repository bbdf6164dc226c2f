import { expect } from 'vitest';

/** How azure-iothub shows a refusal: `response` and `responseBody` decide, not the error's class. */
interface SdkError extends Error {
  response?: { statusCode: number; headers: Record<string, string | undefined> };
  responseBody?: string;
}

export interface Refusal {
  status: number;
  /** From `{"Message":"ErrorCode:<name>;..."}`; of a module call, whose body has a number, from the header. */
  errorName: string | undefined;
  className: string;
  headers: Record<string, string | undefined>;
  body: unknown;
}

/** Resolves with the refusal; fails the test when the call succeeds. */
export async function refusalOf(call: PromiseLike<unknown>): Promise<Refusal> {
  const error = await Promise.resolve(call).then(
    () => expect.fail('the call was expected to be refused'),
    (reason: unknown) => reason as SdkError,
  );
  const { response, responseBody } = error;
  // Refused by the SDK itself, or not answered at all: no refusal of the service.
  if (response === undefined || responseBody === undefined) throw error;
  const body: unknown = JSON.parse(responseBody);
  return {
    status: response.statusCode,
    errorName: errorNameIn(body) ?? nameOfModuleError(body, response.headers),
    className: error.constructor.name,
    headers: response.headers,
    body,
  };
}

/** The second form of the service's error body, whole. */
function nameOfModuleError(body: unknown, headers: Refusal['headers']): string | undefined {
  if ((body as { errorCode?: number }).errorCode === undefined) return undefined;
  const at = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ';
  expect(body).toEqual({
    errorCode: expect.toSatisfy((code: number) => Number.isInteger(code) && code >= 400_000),
    message: expect.stringMatching(/./),
    trackingId: expect.stringMatching(new RegExp(`^[0-9A-F]{32}-G2:-TimeStamp:${at}$`)),
    timestampUtc: expect.stringMatching(new RegExp(`^${at}$`)),
  });
  return headers['iothub-errorcode'];
}

/** The service's error body, whole: both of its fields have to be there. */
export function errorNameIn(body: unknown): string | undefined {
  const { Message, ExceptionMessage } = body as { Message?: string; ExceptionMessage?: string };
  if (Message === undefined) return undefined;
  expect(ExceptionMessage).toMatch(/^Tracking ID:[0-9a-f]{32}-G:\d+-TimeStamp:\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d$/);
  return /^ErrorCode:(\w+);./.exec(Message)?.[1];
}
