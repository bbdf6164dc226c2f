import { Hono } from 'hono';
import type { FaultGate, VerifyBearer } from '../contracts.js';
import { insteadOfHub } from '../hub/https/answers.js';
import { ArmError, armErrorBody, gatewayError } from './arm-error.js';
import { findHub, findSubscription, type ArmHub, type ArmScope } from './arm-hub.js';
import { canonicalPath } from './canonical-path.js';
import { consumerGroupRoutes } from './consumer-group-routes.js';
import { failoverRoutes } from './failover-routes.js';
import { healthRoutes } from './health-routes.js';
import { hubDocument } from './hub-document.js';
import { keyRoutes } from './key-routes.js';
import { operationRoutes } from './operation-routes.js';
import type { ArmRoute, SubscriptionRoute } from './route.js';

export interface ArmOptions extends ArmScope {
  hubs: readonly ArmHub[];
  faults: FaultGate;
  verifyBearer: VerifyBearer;
  /** A request that failed for a reason of the laboratory's own (answered with 500). */
  onDefect: (error: unknown) => void;
}

export const armEndpoint = 'https://management.azure.com';
const prefix = '/subscriptions/:subscription/resourceGroups/:group/providers/Microsoft.Devices';
const subscriptionPrefix = '/subscriptions/:subscription/providers/Microsoft.Devices';

const routes: ArmRoute[] = [
  {
    method: 'GET',
    path: '/IotHubs/:hub',
    handle: ({ scope, hub, context }) => {
      const apiVersion = context.req.query('api-version') ?? '';
      return context.json(hubDocument(scope, hub, apiVersion, scope.routesOf(hub.core.role)));
    },
  },
  ...keyRoutes,
  ...consumerGroupRoutes,
  ...failoverRoutes,
  ...healthRoutes,
];

/** Every operation, with its path below the resource provider in the notation of hono. */
export const armRoutes = (): { method: string; path: string }[] =>
  [...routes, ...operationRoutes].map(({ method, path }) => ({ method, path }));

/** Throws 401 in ARM's words. */
const checkBearer = (authorization: string | undefined, verifyBearer: VerifyBearer): void => {
  if (authorization === undefined)
    throw gatewayError(401, 'AuthenticationFailed', "Authentication failed. The 'Authorization' header is missing.");
  const token = /^Bearer (\S+)$/i.exec(authorization)?.[1];
  if (token === undefined || verifyBearer(token, armEndpoint) === undefined)
    throw gatewayError(401, 'InvalidAuthenticationToken', 'The access token is invalid.');
};

const faultResponse = (status: number): Response => {
  const headers = { 'Content-Type': 'application/json', ...(status === 429 && { 'Retry-After': '1' }) };
  const body = armErrorBody(status === 429 ? 'TooManyRequests' : 'ServerError', 'A fault of the laboratory');
  return new Response(JSON.stringify(body), { status, headers });
};

const addRoute = (app: Hono, { method, path, blocks, handle }: ArmRoute, options: ArmOptions): void => {
  app.on(method, `${prefix}${path}`, async (context) => {
    const { subscription = '', group = '', hub: name = '' } = context.req.param() as Record<string, string>;
    const hub = findHub(options, options.hubs, { subscription, group, hub: name });
    if (blocks) await hub.failover.managementAnswers(context.req.raw.signal);
    const param = (asked: string): string => (context.req.param() as Record<string, string>)[asked] ?? '';
    return handle({ scope: options, hub, context, param });
  });
};

const addSubscriptionRoute = (app: Hono, { method, path, handle }: SubscriptionRoute, options: ArmOptions): void => {
  app.on(method, `${subscriptionPrefix}${path}`, (context) => {
    const param = (asked: string): string => (context.req.param() as Record<string, string>)[asked] ?? '';
    findSubscription(options, param('subscription'));
    return handle({ scope: options, hubs: options.hubs, context, param });
  });
};

/** The part of Azure Resource Manager that looks after the laboratory's hubs: Microsoft.Devices, REST API 2023-06-30. */
export const createArmApp = (options: ArmOptions): Hono => {
  const app = new Hono({ getPath: (request) => canonicalPath(new URL(request.url).pathname) });
  app.use(async (context, next) => {
    const fault = await options.faults.before('arm', 'arm');
    if (fault?.instead !== undefined) return insteadOfHub(fault.status, fault.instead);
    if (fault !== undefined) return faultResponse(fault.status);
    checkBearer(context.req.header('authorization'), options.verifyBearer);
    if (context.req.query('api-version') === undefined)
      throw gatewayError(
        400,
        'MissingApiVersionParameter',
        'The api-version query parameter (?api-version=) is required for all requests.',
      );
    return next();
  });
  for (const route of routes) addRoute(app, route, options);
  for (const route of operationRoutes) addSubscriptionRoute(app, route, options);
  app.notFound((context) =>
    context.json(
      armErrorBody('NotImplemented', 'The laboratory has no such operation: hubs of Microsoft.Devices, nothing else.'),
      501,
    ),
  );
  app.onError((error, context) => {
    if (error instanceof ArmError) return context.json(error.body, error.status);
    options.onDefect(error);
    return context.json(armErrorBody('InternalServerError', 'The laboratory failed'), 500);
  });
  return app;
};
