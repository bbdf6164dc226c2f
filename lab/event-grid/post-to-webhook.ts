import { toWire, type EventSchema } from './cloud-event.js';
import type { GridEvent } from './grid-event.js';

/** How an attempt ended, in the words of Event Grid's `lastDeliveryOutcome`. */
export type DeliveryOutcome =
  | 'Delivered'
  | 'BadRequest'
  | 'Unauthorized'
  | 'Forbidden'
  | 'NotFound'
  | 'PayloadTooLarge'
  | 'TimedOut'
  | 'Busy'
  | 'SocketError'
  | 'GenericError';

export interface WebhookAnswer {
  outcome: DeliveryOutcome;
  /** For people: `HTTP 503` or the socket's error code. */
  detail: string;
  body: string;
}

/** Event Grid waits so long for an answer; not scaled, or a slow handler would look broken. */
export const answerWaitInMs = 30_000;

const outcomes = new Map<number, DeliveryOutcome>([
  [200, 'Delivered'],
  [201, 'Delivered'],
  [202, 'Delivered'],
  [203, 'Delivered'],
  [204, 'Delivered'],
  [400, 'BadRequest'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'NotFound'],
  [408, 'TimedOut'],
  [413, 'PayloadTooLarge'],
  [503, 'Busy'],
]);

/** A webhook that answers so gets the event never again. */
export const isFinal = (outcome: DeliveryOutcome): boolean =>
  ['BadRequest', 'Unauthorized', 'Forbidden', 'PayloadTooLarge'].includes(outcome);

const codeOf = (error: unknown): string => {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (typeof cause === 'object' && cause !== null && 'code' in cause) return String(cause.code);
  return cause instanceof Error ? cause.name : 'unknown';
};

/** Posts one event. Never throws: a connection that fails is an outcome too. `body`: instead of the event's own form. */
export const postToWebhook = async (
  url: string,
  event: GridEvent,
  options: {
    type: 'SubscriptionValidation' | 'Notification';
    schema: EventSchema;
    body?: string;
    deliveryCount: number;
    signal: AbortSignal;
    waitInMs?: number;
  },
): Promise<WebhookAnswer> => {
  const wire = toWire(event, options.schema);
  const init = {
    method: 'POST',
    headers: {
      'content-type': wire.contentType,
      'aeg-event-type': options.type,
      'aeg-subscription-name': 'LAB',
      'aeg-delivery-count': String(options.deliveryCount),
      ...wire.headers,
    },
    body: options.body ?? wire.body,
  };
  return ask(url, init, options.signal, options.waitInMs);
};

/** The origin that the webhook has to allow: CloudEvents, "HTTP 1.1 Web Hooks for Event Delivery", 4. */
const origin = 'eventgrid.azure.net';

/** Asks by HTTP OPTIONS whether the webhook wants CloudEvents (4.1, 4.2). */
export const askByOptions = async (url: string, signal: AbortSignal): Promise<boolean> => {
  const answer = await ask(url, { method: 'OPTIONS', headers: { 'WebHook-Request-Origin': origin } }, signal);
  const allowed = answer.headers?.get('WebHook-Allowed-Origin');
  return answer.outcome === 'Delivered' && (allowed === '*' || allowed === origin);
};

interface Answer extends WebhookAnswer {
  headers?: Headers;
}

const ask = async (url: string, init: RequestInit, signal: AbortSignal, waitInMs = answerWaitInMs): Promise<Answer> => {
  const timeout = AbortSignal.timeout(waitInMs);
  try {
    const response = await fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.any([timeout, signal]) });
    const { status, headers } = response;
    const body = await response.text();
    return { outcome: outcomes.get(status) ?? 'GenericError', detail: `HTTP ${status}`, body, headers };
  } catch (error) {
    if (timeout.aborted) return { outcome: 'TimedOut', detail: 'no answer in time', body: '' };
    return { outcome: 'SocketError', detail: codeOf(error), body: '' };
  }
};
