import type { HttpHandler, HttpRequest, HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { isAppError } from '../errors.js';
import type { Logger } from '../log-events.js';
import { runWithLog } from './invocation-log.js';
import { givenKey, isOperatorKey, refuseKey } from './operator-key.js';
import { refuse } from './refuse.js';

export interface CloseBreakerOptions {
  /** Resolves with those that were open. `allow`: how many copies more may lose their access beside the limit. */
  close: (allow: number) => Promise<{ source: string; reason: string }[]>;
  /** Resolves with the routes that may have lost changes: the operator has seen to them. */
  forgetLosses: () => Promise<{ source: string; endpoint: string }[]>;
  operatorKey: string | undefined;
  logger: Logger;
  retryAfterInSeconds: number;
}

const bodySchema = z.strictObject({ allow: z.int().min(0).max(1_000_000).default(0) });

const readBody = async (request: HttpRequest) => {
  try {
    const text = await request.text();
    return bodySchema.safeParse(text === '' ? {} : JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};

/**
 * `POST /api/breaker/close` with the operator's key and `{allow?}` -> 200 `{closed: [{source, reason}], routes: [{source, endpoint}]}`. What was stopped comes back from
 * its queue within ten minutes. 400 `wrongBody`; 401 `wrongKey`; 503 `storageAway`.
 */
export async function answerCloseBreaker(
  request: HttpRequest,
  options: CloseBreakerOptions,
): Promise<HttpResponseInit> {
  if (!isOperatorKey(givenKey(request), options.operatorKey)) return refuseKey();
  const body = await readBody(request);
  if (!body) return refuse(400, 'wrongBody', 'The body is empty or {"allow": how many copies more may lose access}.');
  try {
    const closed = await options.close(body.allow);
    options.logger.event('warn', 'breaker.closed', { count: closed.length, allow: body.allow });
    const routes = (await options.forgetLosses()).map(({ source, endpoint }) => ({ source, endpoint }));
    for (const { endpoint } of routes) options.logger.event('warn', 'route.lossSeen', { endpoint });
    return { status: 200, headers: { 'Cache-Control': 'no-store' }, jsonBody: { closed, routes } };
  } catch (error) {
    if (!isAppError(error)) throw error;
    return refuse(503, 'storageAway', 'The breaker can not be written now.', {
      'Retry-After': String(options.retryAfterInSeconds),
    });
  }
}

export const closeBreakerHandler =
  (options: CloseBreakerOptions): HttpHandler =>
  (request, context) =>
    runWithLog(context, () => answerCloseBreaker(request, options));
