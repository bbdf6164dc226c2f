import { createHash } from 'node:crypto';
import type { HttpHandler, HttpRequest, HttpResponseInit } from '@azure/functions';
import { isValidId } from '../identity-id.js';
import { routeDevice, type DeviceRoute, type RouteOptions } from '../routing/route-device.js';
import type { RoutingState } from '../routing/state.js';
import { runWithLog } from './invocation-log.js';
import { refuse } from './refuse.js';

/** Small devices ask for `text/plain` and get the bare host name; everybody else gets JSON. */
const wantsText = (request: HttpRequest): boolean => {
  const accept = request.headers.get('accept')?.toLowerCase() ?? '';
  return accept.includes('text/plain') && !accept.includes('application/json');
};

/** RFC 9110, 13.1.2: a list of entity tags, weak ones compare equal, `*` matches any. */
const matches = (ifNoneMatch: string | null, etag: string): boolean =>
  ifNoneMatch !== null &&
  ifNoneMatch.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);

/** The answer also changes with settings (host names, time to live), which no epoch tells. */
const fingerprint = ({ hub, ttlInSeconds }: DeviceRoute): string =>
  createHash('sha256')
    .update(JSON.stringify([hub, ttlInSeconds]))
    .digest('base64url')
    .slice(0, 8);

export interface DeviceRoutingOptions extends RouteOptions {
  state: RoutingState;
  /** Seconds after which a refused caller may try again. */
  retryAfterInSeconds: number;
}

/**
 * `GET /api/devices/{deviceId}/hub`: the hub a device connects to. Answers from memory for any well-formed id (whether the device
 * exists is not asked), with the last good decision when storage is away. 400 `invalidDeviceId`, 503 `noRoutingDocument`, 503 `hubsDiffer`.
 */
export async function answerDeviceRoute(
  request: HttpRequest,
  options: DeviceRoutingOptions,
): Promise<HttpResponseInit> {
  const deviceId = request.params['deviceId'] ?? '';
  if (!isValidId(deviceId))
    return refuse(
      400,
      'invalidDeviceId',
      "A device id has 1 to 128 ASCII letters, digits or any of -:.+%_#*?!(),=@;$'",
    );
  const known = await options.state.lastGood();
  if (!known)
    return refuse(503, 'noRoutingDocument', 'The routing document has not been read yet.', {
      'Retry-After': String(options.retryAfterInSeconds),
    });

  const route = routeDevice(known.document, deviceId, options);
  if (!route)
    return refuse(503, 'hubsDiffer', 'The routing document names a hub that the settings do not have.', {
      'Retry-After': String(options.retryAfterInSeconds),
    });
  const asText = wantsText(request);
  const etag = `"${route.epoch}.${route.revision}.${fingerprint(route)}${asText ? '.t' : ''}"`;
  const headers = {
    ETag: etag,
    'Cache-Control': `private, max-age=${options.ttlInSeconds}`,
    Vary: 'Accept',
  };
  if (matches(request.headers.get('if-none-match'), etag)) return { status: 304, headers };
  return asText
    ? { status: 200, headers: { ...headers, 'Content-Type': 'text/plain; charset=utf-8' }, body: route.hub.hostName }
    : { status: 200, headers, jsonBody: route };
}

export const deviceRoutingHandler =
  (options: DeviceRoutingOptions): HttpHandler =>
  (request, context) =>
    runWithLog(context, () => answerDeviceRoute(request, options));
