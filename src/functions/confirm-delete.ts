import type { HttpHandler, HttpRequest, HttpResponseInit } from '@azure/functions';
import { isValidId } from '../identity-id.js';
import type { Logger } from '../log-events.js';
import type { ConfirmDelete } from '../registry/confirm-delete.js';
import { runWithLog } from './invocation-log.js';
import { givenKey, isOperatorKey, refuseKey } from './operator-key.js';
import { refuse } from './refuse.js';

export interface ConfirmDeleteOptions {
  confirmDelete: ConfirmDelete;
  operatorKey: string | undefined;
  logger: Logger;
  retryAfterInSeconds: number;
}

/**
 * `POST /api/devices/{deviceId}/confirm-delete` with the operator's key: the device is gone on the active hub, and its copy, of which the
 * ledger knows nothing, may go too. 200 with what became of it: disabled now, deleted after the grace; or `nothing` with its reason.
 * 400 `invalidDeviceId`; 401 `wrongKey`; 503 with the reason why not now.
 */
export async function answerConfirmDelete(
  request: HttpRequest,
  options: ConfirmDeleteOptions,
): Promise<HttpResponseInit> {
  const deviceId = request.params['deviceId'] ?? '';
  if (!isOperatorKey(givenKey(request), options.operatorKey)) return refuseKey();
  if (!isValidId(deviceId)) return refuse(400, 'invalidDeviceId', 'This is not a well-formed device id.');
  const outcome = await options.confirmDelete(deviceId);
  options.logger.event('warn', 'identity.deleteConfirmed', { deviceId, outcome: outcome.kind });
  if (outcome.kind === 'done' || outcome.kind === 'nothing')
    return { status: 200, headers: { 'Cache-Control': 'no-store' }, jsonBody: { deviceId, ...outcome } };
  const reason = outcome.kind === 'refused' ? 'refused' : outcome.reason;
  return refuse(503, reason, 'It can not be done now.', { 'Retry-After': String(options.retryAfterInSeconds) });
}

export const confirmDeleteHandler =
  (options: ConfirmDeleteOptions): HttpHandler =>
  (request, context) =>
    runWithLog(context, () => answerConfirmDelete(request, options));
