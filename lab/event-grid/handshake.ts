import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { toCloudValidation, type EventSchema } from './cloud-event.js';
import { validationEvent } from './grid-event.js';
import { askByOptions, postToWebhook, type WebhookAnswer } from './post-to-webhook.js';

export interface HandshakeOptions {
  topic: string;
  schema: EventSchema;
  /** Ends the handshake; it resolves false then. */
  signal: AbortSignal;
  everyInMs: number;
  /** Called with each new reason why it is not done yet. */
  onWaiting: (reason: string) => void;
}

const echoes = (body: string, code: string): boolean => {
  try {
    const answer: unknown = JSON.parse(body);
    return (
      typeof answer === 'object' &&
      answer !== null &&
      'validationResponse' in answer &&
      answer.validationResponse === code
    );
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
};

/**
 * Asks the webhook until it echoes the validation code with 200 ("Webhook event delivery": 202 is not enough), or, with CloudEvents,
 * allows the origin. The service gives up; the laboratory goes on, since its host may still be starting.
 */
export const shakeHands = async (url: string, options: HandshakeOptions): Promise<boolean> => {
  const { signal, everyInMs, onWaiting } = options;
  let lastReason = '';
  while (!signal.aborted) {
    const code = randomUUID();
    const answer = await validate(url, code, options);
    if (answer.detail === 'HTTP 200' && echoes(answer.body, code)) return !signal.aborted;
    // Any webhook of CloudEvents; the Functions extension knows the validation event only.
    if (options.schema === 'cloudEvents' && (await askByOptions(url, signal))) return !signal.aborted;
    const reason = answer.outcome === 'Delivered' ? `${answer.detail} without the validation code` : answer.detail;
    if (reason !== lastReason && !signal.aborted) onWaiting(reason);
    lastReason = reason;
    await sleep(everyInMs, undefined, { signal }).catch(ignoreAbort);
  }
  return false;
};

const validate = (url: string, code: string, { topic, schema, signal }: HandshakeOptions): Promise<WebhookAnswer> => {
  const event = validationEvent(topic, code);
  return postToWebhook(url, event, {
    type: 'SubscriptionValidation',
    deliveryCount: 0,
    schema,
    signal,
    ...(schema === 'cloudEvents' && { body: toCloudValidation(event) }),
  });
};

const ignoreAbort = (error: unknown): void => {
  if (!(error instanceof Error && error.name === 'AbortError')) throw error;
};
