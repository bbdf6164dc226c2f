import { z } from 'zod';
import type { FailoverOperation, FailoverRefusal, HubFailover } from '../hub-failover/contract.js';
import { FailoverRefusedError } from '../hub-failover/failover-refused-error.js';
import { providerError, type ArmError } from './arm-error.js';
import { pollingHeaders } from './operation-routes.js';
import type { ArmRoute } from './route.js';

const bodySchema = z.looseObject({ failoverRegion: z.string().min(1) });

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

export const failoverRoutes: ArmRoute[] = [
  {
    method: 'POST',
    path: '/IotHubs/:hub/failover',
    handle: async (request) => {
      const body: unknown = await request.context.req.json().catch(() => undefined);
      const parsed = bodySchema.safeParse(body);
      if (!parsed.success) throw providerError(400, 400, 'failoverRegion is missing.');
      const operation = start(request.hub.failover, parsed.data.failoverRegion);
      const { scope, hub, context } = request;
      const apiVersion = context.req.query('api-version') ?? '';
      return context.body(null, 202, pollingHeaders({ scope, hub, url: context.req.url, apiVersion }, operation));
    },
  },
];
