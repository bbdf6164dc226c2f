import { randomBytes, randomUUID } from 'node:crypto';
import type { FaultAnswer, HubErrorShape, Unsettled } from '../../contracts.js';
import { HubError, type HubErrorName } from '../core/errors.js';

/** What a handler answers; a 204 has no body, everything else is JSON. */
export interface HubAnswer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

const JSON_TYPE = 'application/json; charset=utf-8';

/** On every answer of the service (suites of azure-iothub). */
const serviceHeaders = (): Record<string, string> => ({
  Server: 'Microsoft-HTTPAPI/2.0',
  Vary: 'Origin',
  'x-ms-request-id': randomUUID(),
});

export function toResponse({ status, body, headers: own = {} }: HubAnswer): Response {
  const headers = { ...serviceHeaders(), ...own };
  if (body === undefined) return new Response(null, { status, headers });
  return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': JSON_TYPE, ...headers } });
}

const twoDigits = (value: number): string => String(value).padStart(2, '0');

/** As the service has it: "Tracking ID:189caf67c58a4e6f856c98eb86b6001b-G:16-TimeStamp:05/02/2019 14:26:54". */
function trackingText(at: Date): string {
  const date = `${twoDigits(at.getUTCMonth() + 1)}/${twoDigits(at.getUTCDate())}/${at.getUTCFullYear()}`;
  return `Tracking ID:${randomBytes(16).toString('hex')}-G:0-TimeStamp:${date} ${at.toISOString().slice(11, 19)}`;
}

/** The service's error body, which azure-iothub splits at `;` and `:`, and its header. */
export function errorAnswer(
  error: { status: number; errorName: string; message: string },
  { retryAfterOn429 }: Pick<Unsettled, 'retryAfterOn429'>,
): HubAnswer {
  return {
    status: error.status,
    body: {
      Message: `ErrorCode:${error.errorName};${error.message}`,
      ExceptionMessage: trackingText(new Date()),
    },
    headers: {
      'iothub-errorcode': error.errorName,
      // A record of a live hub (mwalser/terraform-provider-iothub, CONCEPT.md): the connection ends, and no time is named.
      ...(error.status === 429 ? { Connection: 'close' } : {}),
      ...(error.status === 429 && retryAfterOn429 ? { 'Retry-After': '1' } : {}),
    },
  };
}

/**
 * The other form of a refusal, of module identity calls (a record of a live hub: mwalser/terraform-provider-iothub,
 * internal/client/errors_test.go).
 */
export function moduleErrorAnswer(error: HubErrorShape): HubAnswer {
  const timestampUtc = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const trackingId = `${randomBytes(16).toString('hex').toUpperCase()}-G2:-TimeStamp:${timestampUtc}`;
  const { status, code: errorCode, errorName, message } = error;
  return {
    status,
    body: { errorCode, message, trackingId, timestampUtc },
    headers: { 'iothub-errorcode': errorName },
  };
}

/** The likeliest code for each status that a fault can ask for. */
const faultNames: Record<number, HubErrorName> = {
  400: 'ArgumentInvalid',
  401: 'IotHubUnauthorizedAccess',
  403: 'IotHubQuotaExceeded',
  404: 'IotHubFailingOver',
  408: 'GenericTimeout',
  409: 'DeviceAlreadyExists',
  412: 'PreconditionFailed',
  429: 'ThrottlingException',
  500: 'ServerError',
  502: 'GenericBadGateway',
  503: 'ServiceUnavailable',
  504: 'GatewayTimeout',
};

export function faultAnswer(
  { status, message = 'A fault of the laboratory' }: FaultAnswer,
  unsettled: Pick<Unsettled, 'retryAfterOn429'>,
): HubAnswer {
  const errorName = faultNames[status] ?? 'ServerError';
  return errorAnswer({ status, errorName, message }, unsettled);
}

export const badJson = (): HubError => new HubError('IotHubFormatError', 'The request body is not valid JSON');

/** What a captive portal or a gateway on the way answers in the hub's place. */
export const insteadOfHub = (status: number, instead: 'html' | 'nothing'): Response =>
  instead === 'nothing'
    ? new Response(null, { status })
    : new Response('<!doctype html><title>Please sign in</title><p>This is not the hub.</p>', {
        status,
        headers: { 'Content-Type': 'text/html; charset=utf-8' },
      });
