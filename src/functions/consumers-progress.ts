import type { HttpHandler, HttpRequest, HttpResponseInit } from '@azure/functions';
import type { Clock } from '../clock.js';
import { progressSchema, type Progress } from '../consumers-document.js';
import type { ProgressRefusal, TellOptions } from '../failover/tell-progress.js';
import { tellProgress } from '../failover/tell-progress.js';
import { runWithLog } from './invocation-log.js';
import { refuse } from './refuse.js';
import { findHub, noStore, refuseForNow, refuseHub, withStorage, type NamedHub } from './watched-hub.js';

export interface ConsumersProgressOptions extends TellOptions {
  hubs: readonly NamedHub[];
  clock: Clock;
}

const messages: Record<Exclude<ProgressRefusal, 'notWatchedYet'>, string> = {
  unknownGeneration: 'There is no generation of this number yet.',
  generationGone: 'This generation ended long ago.',
  tooManyConsumers: 'So many consumers told of this generation that no more names are kept.',
};

async function readBody(request: HttpRequest): Promise<Progress | HttpResponseInit> {
  let body: unknown;
  try {
    body = await request.json();
  } catch {
    return refuse(400, 'notJson', 'The body is not JSON.');
  }
  const told = progressSchema.safeParse(body);
  if (told.success) return told.data;
  const fields = told.error.issues.slice(0, 5).map(({ path, message }) => `${path.join('.')}: ${message}`);
  return refuse(400, 'invalidProgress', fields.join('; '));
}

/**
 * `POST /api/consumers/{hub}/progress`, body Progress (src/consumers-document.ts) -> 204. 400 `notJson`, `invalidProgress`; 404 `notWatched`;
 * 409 `unknownGeneration`, `generationGone`, `tooManyConsumers`; 503 `notWatchedYet`, `storageAway`.
 */
export async function answerProgress(
  request: HttpRequest,
  { hubs, clock, ...options }: ConsumersProgressOptions,
): Promise<HttpResponseInit> {
  const hub = findHub(request, hubs);
  if (!hub) return refuseHub();
  const told = await readBody(request);
  if (!('consumer' in told)) return told;
  return withStorage(async () => {
    const refusal = await tellProgress(options, { hub: hub.name, told, now: clock.now() });
    if (refusal === undefined) return { status: 204, headers: noStore };
    return refusal === 'notWatchedYet'
      ? refuseForNow(refusal, 'Nothing has told of the built-in endpoint yet.')
      : refuse(409, refusal, messages[refusal]);
  });
}

export const progressHandler =
  (optionsOf: (context: Parameters<HttpHandler>[1]) => ConsumersProgressOptions): HttpHandler =>
  (request, context) =>
    runWithLog(context, () => answerProgress(request, optionsOf(context)));
