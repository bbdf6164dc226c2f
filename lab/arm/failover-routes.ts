import { z } from 'zod';
import type { FailoverOperation, FailoverRefusal, HubFailover } from '../hub-failover/contract.js';
import { FailoverRefusedError } from '../hub-failover/failover-refused-error.js';
import { providerError, type ArmError } from './arm-error.js';
import { resourceIdOf } from './arm-hub.js';
import type { ArmRequest, ArmRoute } from './route.js';

const bodySchema = z.looseObject({ failoverRegion: z.string().min(1) });

/** Seconds until the next poll is worth while; whole ones, so never less than one. */
const retryAfter = ({ options: { timeScale } }: FailoverOperation): string =>
  String(Math.max(1, Math.round(15 * timeScale)));

/** 409002 has been seen ("is not currently in Active state", IH409002); the others' six digits are not known. */
const refusals: Record<FailoverRefusal, (message: string) => ArmError> = {
  notActive: (message) => providerError(409, 409_002, `${message} Try the request again after it is in Active state.`),
  wrongRegion: (message) => providerError(400, 400, message),
  tooSoon: (message) => providerError(409, 409, message),
  dailyLimit: (message) => providerError(409, 409, message),
};

const start = (failover: HubFailover, region: string): FailoverOperation => {
  try {
    return failover.start(region);
  } catch (error) {
    throw error instanceof FailoverRefusedError ? refusals[error.reason](error.message) : error;
  }
};

/** "Track asynchronous Azure operations": where to ask for the status document, and where for the result. */
const pollingHeaders = ({ scope, hub, context }: ArmRequest, operation: FailoverOperation): Record<string, string> => {
  const { origin } = new URL(context.req.url);
  const version = encodeURIComponent(context.req.query('api-version') ?? '');
  const url = `${origin}${resourceIdOf(scope, hub.core.name)}/operationResults/${operation.id}?api-version=${version}`;
  return {
    Location: url,
    'Retry-After': retryAfter(operation),
    ...(operation.options.polling === 'azureAsyncOperation' && { 'Azure-AsyncOperation': `${url}&asyncinfo` }),
  };
};

const statusDocument = ({ id, status, startedAt, moments }: FailoverOperation) => ({
  name: id,
  status,
  startTime: startedAt.toISOString(),
  ...(moments.active && { endTime: moments.active.toISOString() }),
  ...(status === 'Failed' && { error: { code: 'FailoverFailed', message: 'The failover did not end.' } }),
});

export const failoverRoutes: ArmRoute[] = [
  {
    method: 'POST',
    path: '/IotHubs/:hub/failover',
    handle: async (request) => {
      const body: unknown = await request.context.req.json().catch(() => undefined);
      const parsed = bodySchema.safeParse(body);
      if (!parsed.success) throw providerError(400, 400, 'failoverRegion is missing.');
      const operation = start(request.hub.failover, parsed.data.failoverRegion);
      return request.context.body(null, 202, pollingHeaders(request, operation));
    },
  },
  {
    method: 'GET',
    path: '/IotHubs/:hub/operationResults/:operation',
    handle: (request) => {
      const { hub, context, param } = request;
      const operation = hub.failover.operationOf(param('operation'));
      if (operation === undefined) throw providerError(404, 404, `There is no operation ${param('operation')}.`);
      if (context.req.query('asyncinfo') !== undefined)
        return context.json(statusDocument(operation), 200, { 'Retry-After': retryAfter(operation) });
      if (operation.status === 'InProgress') return context.body(null, 202, pollingHeaders(request, operation));
      return context.body(null, 200);
    },
  },
];
