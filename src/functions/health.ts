import type { HttpHandler, HttpRequest, HttpResponseInit } from '@azure/functions';
import type { Health } from '../health/report.js';
import { runWithLog } from './invocation-log.js';
import { givenKey, isOperatorKey, refuseKey } from './operator-key.js';

export interface HealthHandlerOptions {
  health: Health;
  /** The host tells an anonymous function nothing of keys, so the details have a key of their own: setting OPERATOR_KEY. */
  operatorKey: string | undefined;
}

/** `GET /api/health`: { ok } for anyone, 200 or 503; with the operator's key in `x-functions-key` or `code` the whole report. */
export async function answerHealth(request: HttpRequest, options: HealthHandlerOptions): Promise<HttpResponseInit> {
  const headers = { 'Cache-Control': 'no-store' };
  const given = givenKey(request);
  if (given === null) {
    const ok = await options.health.ok();
    return { status: ok ? 200 : 503, headers, jsonBody: { ok } };
  }
  if (!isOperatorKey(given, options.operatorKey)) return refuseKey();
  const report = await options.health.report();
  return { status: report.ok ? 200 : 503, headers, jsonBody: report };
}

export const healthHandler =
  (options: HealthHandlerOptions): HttpHandler =>
  (request, context) =>
    runWithLog(context, () => answerHealth(request, options));
