import type { HttpHandler, HttpRequest, HttpResponseInit } from '@azure/functions';
import type { Clock } from '../clock.js';
import { progressSchema, type Progress } from '../consumers-document.js';
import { tellProgress, type ProgressRefusal, type TellOptions } from '../failover/tell-progress.js';
import { runWithLog } from './invocation-log.js';
import { refuseWithoutKey } from './progress-key.js';
import { refuse } from './refuse.js';
import { findHub, noStore, refuseForNow, refuseHub, withStorage, type NamedHub } from './watched-hub.js';

export interface ConsumersProgressOptions extends Omit<TellOptions, 'freshEnds'> {
  hubs: readonly NamedHub[];
  /** By the hub's name. */
  freshEndsOf: (hub: string) => TellOptions['freshEnds'];
  progressKey: string | undefined;
  clock: Clock;
}

const messages: Record<Exclude<ProgressRefusal['reason'], 'notWatchedYet'>, string> = {
  unknownGeneration: 'There is no generation of this number yet.',
  generationGone: 'This generation ended long ago.',
  tooManyConsumers: 'So many consumers told of this generation that no more names are kept.',
  unknownPartition: 'The endpoint of this generation has no such partition.',
  aheadOfEnd: 'The endpoint holds no event of this number, or not so many behind it.',
  timeAhead: 'The endpoint holds no event that is so young.',
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
 * `POST /api/consumers/{hub}/progress` with header `x-progress-key`, body Progress (src/consumers-document.ts) -> 204, or 200 `{notCounted: [{partitionId,
 * reason}]}` where some positions do not count. 400 `notJson`, `invalidProgress`; 401 `wrongProgressKey`; 403 `noProgressKey`; 404 `notWatched`; 409 with the
 * refusal's name (ProgressRefusal); 503 `notWatchedYet`, `storageAway`.
 */
export async function answerProgress(
  request: HttpRequest,
  { hubs, clock, progressKey, freshEndsOf, ...options }: ConsumersProgressOptions,
): Promise<HttpResponseInit> {
  const refusedKey = refuseWithoutKey(request, progressKey);
  if (refusedKey) return refusedKey;
  const hub = findHub(request, hubs)?.name;
  if (hub === undefined) return refuseHub();
  const told = await readBody(request);
  if (!('consumer' in told)) return told;
  return withStorage(async () => {
    const outcome = await tellProgress({ ...options, freshEnds: freshEndsOf(hub) }, { hub, told, now: clock.now() });
    if (!('reason' in outcome))
      return outcome.length === 0
        ? { status: 204, headers: noStore }
        : { status: 200, headers: noStore, jsonBody: { notCounted: outcome } };
    const { reason } = outcome;
    return reason === 'notWatchedYet'
      ? refuseForNow(reason, 'Nothing has told of the built-in endpoint yet.')
      : refuse(409, reason, messages[reason]);
  });
}

export const progressHandler =
  (optionsOf: (context: Parameters<HttpHandler>[1]) => ConsumersProgressOptions): HttpHandler =>
  (request, context) =>
    runWithLog(context, () => answerProgress(request, optionsOf(context)));
