import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { Hono, type Context } from 'hono';
import type { RequestListener } from 'node:http';
import type { FaultGate, HubCore, IdentityKey, Json } from '../../contracts.js';
import { HubError } from '../core/errors.js';
import { sidesOf } from '../core/host-names.js';
import { parseJson } from '../core/number-text.js';
import {
  badJson,
  errorAnswer,
  faultAnswer,
  insteadOfHub,
  moduleErrorAnswer,
  toResponse,
  type HubAnswer,
} from './answers.js';
import { checkApiVersion } from './api-version.js';
import { bulkRoutes } from './bulk-route.js';
import { sendDamaged } from './damaged-answer.js';
import { identityRoutes } from './identity-routes.js';
import { queryRoutes } from './query-route.js';
import type { HubRequest, HubRoute } from './request.js';
import { twinRoutes } from './twin-routes.js';

export interface HubHttpOptions {
  core: HubCore;
  faults: FaultGate;
  /** A request that failed for a reason of the laboratory's own (answered with 500). Default: printed. */
  onDefect?: (error: unknown) => void;
}

// By method as well as by path: a device may be called `query`.
const routes: HubRoute[] = [...identityRoutes, ...bulkRoutes, ...twinRoutes, ...queryRoutes];

/** Every route of the REST plane, with its path in the notation of hono. */
export const registeredRoutes = (): { method: string; path: string }[] =>
  routes.map(({ method, path }) => ({ method, path }));

async function readJson(context: Context): Promise<Json> {
  const text = await context.req.text();
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw badJson();
    throw error;
  }
}

function keyFromPath(context: Context): IdentityKey {
  const { deviceId = '', moduleId } = context.req.param();
  return moduleId === undefined ? { deviceId } : { deviceId, moduleId };
}

const sizeOf = (body: unknown): number => (body === undefined ? 0 : Buffer.byteLength(JSON.stringify(body)));

const hasBody = (method: HubRoute['method']): boolean => method === 'PUT' || method === 'POST' || method === 'PATCH';

const isBearer = (authorization: string): boolean => /^Bearer /i.test(authorization);

/** `moduleUnauthorizedWithoutDevice`: a record of a live hub (mwalser/terraform-provider-iothub, CONCEPT.md). */
function requireDevice(core: HubCore, { deviceId }: IdentityKey): void {
  if (!core.unsettled.moduleUnauthorizedWithoutDevice) return;
  try {
    if (core.getIdentity({ deviceId }).status === 'enabled') return;
  } catch (error) {
    if (!(error instanceof HubError) || error.errorName !== 'DeviceNotFound') throw error;
  }
  throw new HubError('IotHubUnauthorizedAccess', 'Unauthorized');
}

/** 403010 for what Basic hubs do not have: twins, modules, queries. */
function refuseByEdition({ editions }: HubCore, { throttle, needsDevice }: HubRoute): void {
  if (editions === 'standard' || (throttle === 'identity' && !needsDevice)) return;
  throw new HubError('OperationNotAvailableInCurrentTier', 'The operation is not available in the current tier');
}

/** What the operation answers; a refusal by it, where it has a form of its own. */
function answerOf({ needsDevice, handle }: HubRoute, request: HubRequest): HubAnswer {
  try {
    return handle(request);
  } catch (error) {
    if (!(error instanceof HubError) || !needsDevice) throw error;
    if (!request.core.unsettled.moduleErrorsInSecondEnvelope) throw error;
    return moduleErrorAnswer(error);
  }
}

function addRoute(app: Hono, core: HubCore, route: HubRoute): void {
  const { method, path, right, throttle, unitsOf = () => 1 } = route;
  app.on(method, path, async (context) => {
    checkApiVersion(context.req.query('api-version'));
    const authorization = context.req.header('authorization') ?? '';
    core.authorizeService(authorization, right);
    if (route.needsDevice && !isBearer(authorization)) requireDevice(core, keyFromPath(context));
    refuseByEdition(core, route);
    const body = hasBody(method) ? await readJson(context) : undefined;
    await core.limits.admit(throttle, unitsOf(body));
    const answer = answerOf(route, {
      core,
      key: keyFromPath(context),
      ifMatch: context.req.header('if-match'),
      query: (name) => context.req.query(name),
      header: (name) => context.req.header(name),
      body,
    });
    // A write is charged by what it brings, a read by what it gets.
    core.limits.charge(throttle, sizeOf(throttle === 'twinWrites' ? body : answer.body));
    return toResponse(answer);
  });
}

/** The hub's REST plane for a node https server of the caller's; faults of plane `https` are asked for each request. */
export function createHubHttpListener(options: HubHttpOptions): RequestListener {
  const { core, faults, onDefect = (error) => console.error('Hub HTTPS plane:', error) } = options;
  // azure-iothub lists with `/devices/`: a slash at the end means nothing.
  const app = new Hono({ strict: false });
  app.use(async (_context, next) => {
    const fault = await faults.before(core.role, 'https');
    if (fault?.instead !== undefined) return insteadOfHub(fault.status, fault.instead);
    return fault === undefined ? next() : toResponse(faultAnswer(fault, core.unsettled));
  });
  app.use((context, next) => {
    if (sidesOf(core, new URL(context.req.url).hostname).servesService) return next();
    // Which refusal it is in the service is not known.
    throw new HubError('GenericBadRequest', 'The device host name does not serve the service API');
  });
  for (const route of routes) addRoute(app, core, route);
  const refusal = (error: HubError): Response => toResponse(errorAnswer(error, core.unsettled));
  // Never 404: SDKs take that for a device that is not there.
  app.notFound(() => refusal(new HubError('NotImplemented', 'The laboratory has no such operation')));
  app.onError((error) => {
    if (error instanceof HubError) return refusal(error);
    onDefect(error);
    return refusal(new HubError('ServerError', 'The laboratory failed'));
  });
  const listener = getRequestListener(async (request, env) => {
    const damage = faults.damage?.(core.role, 'https');
    const answer = await app.fetch(request, env);
    return damage === undefined ? answer : sendDamaged((env as HttpBindings).outgoing, answer, damage);
  });
  return (request, response) => void listener(request, response);
}
