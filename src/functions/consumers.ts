import type { HttpHandler, HttpRequest, HttpResponseInit } from '@azure/functions';
import { toDocument } from '../failover/document.js';
import type { ProgressPort, WatchStorePort } from '../failover/ports.js';
import { runWithLog } from './invocation-log.js';
import { findHub, noStore, refuseForNow, refuseHub, withStorage, type NamedHub } from './watched-hub.js';

export interface ConsumersOptions {
  hubs: readonly NamedHub[];
  store: WatchStorePort;
  progress: ProgressPort;
}

/**
 * `GET /api/consumers/{hub}`: ConsumersDocument (src/consumers-document.ts), from storage alone: it answers with Durable Functions
 * and ARM down. 404 `notWatched`, 503 `notWatchedYet` before the first round, 503 `storageAway`.
 */
export function answerConsumers(
  request: HttpRequest,
  { hubs, store, progress }: ConsumersOptions,
): Promise<HttpResponseInit> {
  const hub = findHub(request, hubs);
  if (!hub) return Promise.resolve(refuseHub());
  return withStorage(async () => {
    const [stored, told] = await Promise.all([store.read(hub.name), progress.list(hub.name)]);
    if (!stored) return refuseForNow('notWatchedYet', 'Nothing has told of the built-in endpoint yet.');
    return { status: 200, headers: noStore, jsonBody: toDocument(stored.state, told) };
  });
}

export const consumersHandler =
  (options: ConsumersOptions): HttpHandler =>
  (request, context) =>
    runWithLog(context, () => answerConsumers(request, options));
