import type { HttpHandler, HttpRequest, HttpResponseInit } from '@azure/functions';
import { isAppError } from '../errors.js';
import type { WatchEnginePort } from '../failover/ports.js';
import { runWithLog } from './invocation-log.js';
import { findHub, noStore, refuseForNow, refuseHub, type NamedHub } from './watched-hub.js';

export interface ConsumersLookOptions {
  hubs: readonly NamedHub[];
  engine: Pick<WatchEnginePort, 'look'>;
}

/**
 * `POST /api/consumers/{hub}/look`, any body (the webhook of an Azure Monitor alert) -> 202: the watch looks now. 404 `notWatched`,
 * 503 `watchAway` when it can't be told; it looks by itself in a while.
 */
export async function answerLook(
  request: HttpRequest,
  { hubs, engine }: ConsumersLookOptions,
): Promise<HttpResponseInit> {
  const hub = findHub(request, hubs);
  if (!hub) return refuseHub();
  try {
    await engine.look(hub.name);
  } catch (error) {
    if (!isAppError(error, 'engineUnavailable')) throw error;
    return refuseForNow('watchAway', 'The watch cannot be told now.');
  }
  return { status: 202, headers: noStore };
}

export const lookHandler =
  (optionsOf: (context: Parameters<HttpHandler>[1]) => ConsumersLookOptions): HttpHandler =>
  (request, context) =>
    runWithLog(context, () => answerLook(request, optionsOf(context)));
