import { getRequestListener } from '@hono/node-server';
import { Hono, type Context } from 'hono';
import type { RequestListener } from 'node:http';
import type { FaultGate, HubCore, IdentityKey, Json } from '../../contracts.js';
import { HubError } from '../core/errors.js';
import { badJson, errorAnswer, faultAnswer, toResponse } from './answers.js';
import { checkApiVersion } from './api-version.js';
import { bulkRoutes } from './bulk-route.js';
import { identityRoutes } from './identity-routes.js';
import type { HubRoute } from './request.js';
import { twinRoutes } from './twin-routes.js';

export interface HubHttpOptions {
  core: HubCore;
  faults: FaultGate;
  /** A request that failed for a reason of the laboratory's own (answered with 500). Default: printed. */
  onDefect?: (error: unknown) => void;
}

// By method as well as by path: a device may be called `query`.
const routes: HubRoute[] = [...identityRoutes, ...bulkRoutes, ...twinRoutes];

/** Every route of the REST plane, with its path in the notation of hono. */
export const registeredRoutes = (): { method: string; path: string }[] =>
  routes.map(({ method, path }) => ({ method, path }));

async function readJson(context: Context): Promise<Json> {
  const text = await context.req.text();
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    if (error instanceof SyntaxError) throw badJson();
    throw error;
  }
}

function keyFromPath(context: Context): IdentityKey {
  const { deviceId = '', moduleId } = context.req.param();
  return moduleId === undefined ? { deviceId } : { deviceId, moduleId };
}

const hasBody = (method: HubRoute['method']): boolean => method === 'PUT' || method === 'POST' || method === 'PATCH';

function addRoute(app: Hono, core: HubCore, { method, path, right, handle }: HubRoute): void {
  app.on(method, path, async (context) => {
    checkApiVersion(context.req.query('api-version'));
    core.authorizeService(context.req.header('authorization') ?? '', right);
    const body = hasBody(method) ? await readJson(context) : undefined;
    return toResponse(
      handle({
        core,
        key: keyFromPath(context),
        ifMatch: context.req.header('if-match'),
        query: (name) => context.req.query(name),
        body,
      }),
    );
  });
}

/** The hub's REST plane for a node https server of the caller's; faults of plane `https` are asked for each request. */
export function createHubHttpListener(options: HubHttpOptions): RequestListener {
  const { core, faults, onDefect = (error) => console.error('Hub HTTPS plane:', error) } = options;
  // azure-iothub lists with `/devices/`: a slash at the end means nothing.
  const app = new Hono({ strict: false });
  app.use(async (_context, next) => {
    const fault = await faults.before(core.role, 'https');
    return fault === undefined ? next() : toResponse(faultAnswer(fault.status));
  });
  for (const route of routes) addRoute(app, core, route);
  app.notFound(() => toResponse(errorAnswer(new HubError('GenericNotFound', 'There is no such operation'))));
  app.onError((error) => {
    if (error instanceof HubError) return toResponse(errorAnswer(error));
    onDefect(error);
    return toResponse(errorAnswer(new HubError('ServerError', 'The laboratory failed')));
  });
  const listener = getRequestListener(app.fetch);
  return (request, response) => void listener(request, response);
}
