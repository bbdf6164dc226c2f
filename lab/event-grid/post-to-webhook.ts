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

/** Posts one event, as an array of one. Never throws: a connection that fails is an outcome too. */
export const postToWebhook = async (
  url: string,
  event: GridEvent,
  options: {
    type: 'SubscriptionValidation' | 'Notification';
    deliveryCount: number;
    signal: AbortSignal;
    waitInMs?: number;
  },
): Promise<WebhookAnswer> => {
  const timeout = AbortSignal.timeout(options.waitInMs ?? answerWaitInMs);
  try {
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'aeg-event-type': options.type,
        'aeg-subscription-name': 'LAB',
        'aeg-delivery-count': String(options.deliveryCount),
        'aeg-data-version': event.dataVersion,
        'aeg-metadata-version': event.metadataVersion,
      },
      body: JSON.stringify([event]),
      signal: AbortSignal.any([timeout, options.signal]),
    });
    const body = await response.text();
    return { outcome: outcomes.get(response.status) ?? 'GenericError', detail: `HTTP ${response.status}`, body };
  } catch (error) {
    if (timeout.aborted) return { outcome: 'TimedOut', detail: 'no answer in time', body: '' };
    return { outcome: 'SocketError', detail: codeOf(error), body: '' };
  }
};
