import type { IncomingHttpHeaders } from 'node:http';
import { numberAt, textAt } from '../error-fields.js';

/** IoT Hub, "Troubleshoot error codes": the ones that decide something here. Bodies and headers have them by name or number. */
const CODES: Record<string, number> = {
  ArgumentInvalid: 400004,
  EtagDoesNotMatch: 400023,
  RequestTimedOut: 400024,
  UnsupportedOperationOnReplica: 400025,
  IotHubNotFound: 401001,
  IotHubUnauthorizedAccess: 401002,
  IoTHubNotFound: 401001,
  SystemModuleModifyUnauthorizedAccess: 401100,
  IotHubSuspended: 403001,
  IotHubQuotaExceeded: 403002,
  OperationNotAvailableInCurrentTier: 403010,
  IoTHubQuotaExceeded: 403002,
  DeviceNotFound: 404001,
  ModuleNotFound: 404010,
  IotHubFailingOver: 404012,
  DeviceAlreadyExists: 409001,
  ModuleAlreadyExistsOnDevice: 409301,
  PreconditionFailed: 412001,
  ThrottlingException: 429001,
  ThrottleBacklogLimitExceeded: 429002,
  ThrottlingBacklogTimeout: 429003,
};

/** A six-digit code from a number, a number as text or a name; names that are not in the list say nothing. */
export const parseServiceCode = (value: number | string | undefined): number | undefined => {
  const code = typeof value === 'string' ? (CODES[value.trim()] ?? Number(value)) : value;
  return code !== undefined && Number.isInteger(code) && code >= 400_000 && code < 600_000 ? code : undefined;
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/**
 * The service has put the code into `Message` as `ErrorCode:Name;...`, as JSON text with `errorCode`, and beside it. A message that
 * quotes a code in its middle is somebody else's.
 */
const codeInBody = (body: unknown): number | undefined => {
  const message = textAt(body, 'Message') ?? textAt(body, 'message');
  const named = /^ErrorCode:\s*(\w+)\s*(?:;|$)/.exec(message ?? '')?.[1];
  const nested = message?.startsWith('{') ? parseJson(message) : undefined;
  const candidates = [named, numberAt(nested, 'errorCode'), numberAt(body, 'errorCode'), textAt(body, 'errorCode')];
  return candidates.map(parseServiceCode).find((code) => code !== undefined);
};

const codeInHeader = (headers: IncomingHttpHeaders): number | undefined => {
  const header = headers['iothub-errorcode'];
  return parseServiceCode(Array.isArray(header) ? header[0] : header);
};

export interface ServiceCode {
  /** Six digits, if the answer says one that is known here or is a number. */
  code: number | undefined;
  /** Header and body both say it: whatever answers in a hub's place does not do that by chance. */
  isSaidTwice: boolean;
}

/** The service's own code of an error answer. */
export const serviceCodeOf = (headers: IncomingHttpHeaders, body: unknown): ServiceCode => {
  const inBody = codeInBody(typeof body === 'string' ? parseJson(body) : body);
  const inHeader = codeInHeader(headers);
  return { code: inBody ?? inHeader, isSaidTwice: inBody !== undefined && inBody === inHeader };
};
