import type { HttpHandler, HttpRequest, HttpResponseInit } from '@azure/functions';
import { isAppError } from '../errors.js';
import { isValidId } from '../identity-id.js';
import type { SyncNow } from '../registry/sync-now.js';
import { runWithLog } from './invocation-log.js';
import { refuse } from './refuse.js';

export interface SyncDeviceOptions {
  syncNow: SyncNow;
  /** Seconds after which a refused caller may try again. */
  retryAfterInSeconds: number;
}

const headers = { 'Cache-Control': 'no-store' };
/**
 * `POST /api/devices/{deviceId}/sync`: the standby's copy of this device and of its modules is brought up to the active hub's state
 * now. 200 with the outcomes; 202 when some are queued; 400 `invalidDeviceId`; 503 `cannotQueue` when nothing is promised.
 */
export async function answerSyncDevice(request: HttpRequest, options: SyncDeviceOptions): Promise<HttpResponseInit> {
  const deviceId = request.params['deviceId'] ?? '';
  if (!isValidId(deviceId)) return refuse(400, 'invalidDeviceId', 'This is not a well-formed device id.');
  try {
    const result = await options.syncNow(deviceId);
    const outcomes = [result.device, ...result.modules.map(({ outcome }) => outcome)];
    const status = outcomes.some(({ kind }) => kind === 'queued') ? 202 : 200;
    return { status, headers, jsonBody: { deviceId, ...result } };
  } catch (error) {
    if (!isAppError(error, 'held')) throw error;
    return refuse(503, 'cannotQueue', 'It can be neither done nor queued now.', {
      'Retry-After': String(options.retryAfterInSeconds),
    });
  }
}

export const syncDeviceHandler =
  (options: SyncDeviceOptions): HttpHandler =>
  (request, context) =>
    runWithLog(context, () => answerSyncDevice(request, options));
