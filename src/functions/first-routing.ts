import type { HttpHandler, HttpRequest, HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { hubRoles } from '../hub-model.js';
import type { Logger } from '../log-events.js';
import type { FirstByHand, RoutingState } from '../routing/state.js';
import { runWithLog } from './invocation-log.js';
import { givenKey, isOperatorKey, refuseKey } from './operator-key.js';
import { refuse } from './refuse.js';

export interface FirstRoutingOptions {
  state: Pick<RoutingState, 'makeFirst'>;
  operatorKey: string | undefined;
  logger: Logger;
  /** Seconds after which a refused caller may try again. */
  retryAfterInSeconds: number;
}

const bodySchema = z.strictObject({
  activeHub: z.enum(hubRoles),
  epoch: z.int().min(1).exactOptional(),
});

const parseBody = async (request: HttpRequest) => {
  try {
    return bodySchema.safeParse(await request.json()).data;
  } catch {
    return undefined;
  }
};

function refusal(outcome: Extract<FirstByHand, { kind: 'refused' }>, retryAfterInSeconds: number): HttpResponseInit {
  switch (outcome.reason) {
    case 'documentExists':
      return refuse(409, outcome.reason, 'There is a routing document. Change it as docs/operations.md says.');
    case 'epochTooLow':
      return refuse(409, outcome.reason, `Epoch ${outcome.highestEpoch} was in force: take one above it, or none.`);
    default:
      return refuse(503, outcome.reason, 'A state account can not be read or written now: it may hold a document.', {
        'Retry-After': String(retryAfterInSeconds),
      });
  }
}

/**
 * `POST /api/routing/first` with the operator's key and `{activeHub, epoch?}` -> 201 with the routing document, which an operator decides on
 * where there is none and the app does not make it by itself. 400 `wrongBody`; 401 `wrongKey`; 409 `documentExists`, `epochTooLow`; 503 `storageAway`.
 */
export async function answerFirstRouting(
  request: HttpRequest,
  { state, operatorKey, logger, retryAfterInSeconds }: FirstRoutingOptions,
): Promise<HttpResponseInit> {
  if (!isOperatorKey(givenKey(request), operatorKey)) return refuseKey();
  const body = await parseBody(request);
  if (!body) return refuse(400, 'wrongBody', 'The body is {"activeHub": "primary" or "secondary", "epoch": optional}.');
  const outcome = await state.makeFirst(body);
  if (outcome.kind === 'refused') {
    logger.event('warn', 'routing.byHand', { refusal: outcome.reason });
    return refusal(outcome, retryAfterInSeconds);
  }
  const { epoch, activeHub } = outcome.document;
  logger.event('warn', 'routing.byHand', { epoch, activeHub });
  return { status: 201, headers: { 'Cache-Control': 'no-store' }, jsonBody: outcome.document };
}

export const firstRoutingHandler =
  (options: FirstRoutingOptions): HttpHandler =>
  (request, context) =>
    runWithLog(context, () => answerFirstRouting(request, options));
