import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RegisteredFunction } from '../core-state.js';
import { rewriteDates } from '../json-net.js';
import { keyMatches } from '../keys.js';
import type { FunctionsOfType, RequestHandler, TriggerContext } from '../trigger.js';
import { offeredKey } from './http.js';
import { readBody } from './http-message.js';

type Answer = { status: number; body?: string };

/** Where Event Grid delivers; `functionName` names the function. */
const webhookPath = '/runtime/webhooks/EventGrid';

function eventsOf(body: Buffer): unknown[] {
  const parsed: unknown = JSON.parse(body.toString('utf8'));
  return Array.isArray(parsed) ? parsed : [parsed];
}

/**
 * Event Grid schema: an array with one event. CloudEvents: an object whose `data` is JSON text once more. The extension has no
 * answer to HTTP OPTIONS: without `aeg-event-type` it says 400.
 */
function validationCode(events: unknown[]): string {
  const [first] = events as { data?: unknown }[];
  const data: unknown = typeof first?.data === 'string' ? JSON.parse(first.data) : first?.data;
  const code = (data as { validationCode?: unknown } | undefined)?.validationCode;
  if (typeof code !== 'string') throw new SyntaxError('A SubscriptionValidation event without data.validationCode.');
  return code;
}

/**
 * The Event Grid extension's webhook. Wants the extension's system key (or the master key); 404 for an unknown function;
 * 202 when every event succeeded, 500 with the first failure's text when any failed: Event Grid then sends the whole array again.
 * Source: azure-sdk-for-net, Microsoft.Azure.WebJobs.Extensions.EventGrid: EventGridExtensionConfigProvider.ProcessEventsAsync,
 * HttpRequestProcessor.ProcessAsync.
 */
export function createEventGridWebhook(functions: FunctionsOfType, context: TriggerContext): RequestHandler {
  const byName = new Map(functions.map((target) => [target.metadata.name, target]));

  const notify = async (target: RegisteredFunction, events: unknown[]): Promise<Answer> => {
    const outcomes = await Promise.allSettled(
      // JToken.Parse reads the whole array, so every date-like text of an event is rewritten.
      events.map((event) => context.invoker.invoke(target, { data: { json: JSON.stringify(rewriteDates(event)) } })),
    );
    if (outcomes.every((outcome) => outcome.status === 'fulfilled')) return { status: 202 };
    return { status: 500, body: `Exception while executing function: Functions.${target.metadata.name}` };
  };

  const answer = async (request: IncomingMessage, url: URL): Promise<Answer> => {
    const name = url.searchParams.get('functionName') ?? '';
    const target = byName.get(name);
    if (target === undefined) return { status: 404, body: `cannot find function: '${name}'` };
    const type = String(request.headers['aeg-event-type'] ?? '').toLowerCase();
    if (type === 'subscriptionvalidation') {
      const code = validationCode(eventsOf(await readBody(request)));
      context.log(`perform handshake with eventGrid for function: ${name}`);
      return { status: 200, body: JSON.stringify({ validationResponse: code }) };
    }
    if (type === 'notification') return notify(target, eventsOf(await readBody(request)));
    return { status: type === 'unsubscribe' ? 202 : 400 };
  };

  return async (request, url, response: ServerResponse) => {
    // Without an Event Grid trigger the extension is not loaded, and its webhook does not exist.
    if (url.pathname.toLowerCase() !== webhookPath.toLowerCase() || functions.length === 0) return false;
    if (!keyMatches(offeredKey(request, url), [context.keys.systemKey, context.keys.masterKey])) {
      response.writeHead(401).end();
      return true;
    }
    const { status, body } = await answer(request, url);
    response.writeHead(status, body === undefined ? {} : { 'content-type': 'text/plain; charset=utf-8' }).end(body);
    return true;
  };
}
