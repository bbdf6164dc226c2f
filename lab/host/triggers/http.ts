import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { keyMatches, ownKeyOf, type HostKeys } from '../keys.js';
import { textOption, triggerOf } from '../load-app.js';
import type { RegisteredFunction } from '../core-state.js';
import type { FunctionsOfType, RequestHandler, TriggerContext } from '../trigger.js';
import { readBody, toRpcRequest, writeRpcResponse } from './http-message.js';
import { parseRoute, type Route } from './http-route.js';
import { forwardToWorker } from './http-stream.js';

interface Endpoint {
  readonly target: RegisteredFunction;
  readonly route: Route;
  readonly methods: readonly string[];
  readonly authLevel: string;
}

function endpointOf(target: RegisteredFunction, routePrefix: string): Endpoint {
  const trigger = triggerOf(target);
  const methods = Array.isArray(trigger['methods']) ? trigger['methods'].map((one) => String(one).toUpperCase()) : [];
  const template = textOption(trigger, 'route') ?? target.metadata.name;
  return {
    target,
    methods,
    route: parseRoute(`${routePrefix}/${template}`),
    authLevel: (textOption(trigger, 'authLevel') ?? 'anonymous').toLowerCase(),
  };
}

/** The `code` parameter wins over the header: learn.microsoft.com, "Work with access keys in Azure Functions". */
export function offeredKey(request: IncomingMessage, url: URL): string | undefined {
  const header = request.headers['x-functions-key'];
  return url.searchParams.get('code') ?? (Array.isArray(header) ? header[0] : header);
}

function allowedKeys({ authLevel, target }: Endpoint, keys: HostKeys): readonly string[] | undefined {
  if (authLevel === 'anonymous') return undefined;
  return authLevel === 'admin'
    ? [keys.masterKey]
    : [keys.functionKey, keys.masterKey, ownKeyOf(keys, target.metadata.name)];
}

/** Serves the HTTP triggers. `streamUrl`: the worker's own server, when the app has set `enableHttpStream`. */
export function createHttpTriggers(
  functions: FunctionsOfType,
  context: TriggerContext,
  streamUrl: string | undefined,
): RequestHandler {
  const endpoints = functions
    .map((target) => endpointOf(target, context.config.http.routePrefix))
    .sort((left, right) => right.route.literals - left.route.literals);

  const find = (method: string, path: string) => {
    for (const endpoint of endpoints) {
      const params = endpoint.methods.includes(method) ? endpoint.route.match(path) : undefined;
      if (params !== undefined) return { ...endpoint, params };
    }
    return undefined;
  };

  return async (request, url, response) => {
    const found = find(request.method ?? 'GET', url.pathname);
    if (found === undefined) return false;
    const allowed = allowedKeys(found, context.keys);
    if (allowed !== undefined && !keyMatches(offeredKey(request, url), allowed)) {
      response.writeHead(401).end();
      return true;
    }
    const invocationId = randomUUID();
    response.setHeader('x-ms-invocation-id', invocationId);
    const body = await readBody(request);
    try {
      if (streamUrl !== undefined) {
        await forwardToWorker({ streamUrl, request, url, response, body, invocationId, params: found.params }, (call) =>
          context.invoker.invoke(found.target, call),
        );
        return true;
      }
      const data = toRpcRequest(request, url, found.params, body);
      const { returnValue } = await context.invoker.invoke(found.target, { invocationId, data });
      writeRpcResponse(response, returnValue?.http);
    } catch {
      // The invoker has logged it; the client gets no detail, as with the real host.
      if (!response.headersSent) response.writeHead(500);
      response.end();
    }
    return true;
  };
}
