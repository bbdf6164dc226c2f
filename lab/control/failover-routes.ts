import type { Hono } from 'hono';
import type { FailoverOperation, Lab } from '../contracts.js';
import { ControlError } from './errors.js';
import { readOptionalBody } from './read-body.js';
import { failoverSchema, roleSchema } from './schemas.js';

const roleOf = (asked: string) => {
  const role = roleSchema.safeParse(asked);
  if (!role.success) throw new ControlError(404, 'notFound', 'the hubs are primary and secondary');
  return role.data;
};

const operationView = ({ id, status, startedAt, moments }: FailoverOperation) => ({ id, status, startedAt, moments });

/** Failovers of hubs by hand, without Azure Resource Manager's token. */
export const addFailoverRoutes = (app: Hono, lab: Pick<Lab, 'failover' | 'telemetry'>): void => {
  app.get('/hubs/:role/failover', (context) => {
    const role = roleOf(context.req.param('role'));
    const failover = lab.failover(role);
    const telemetry = lab.telemetry(role);
    return context.json({
      state: failover.state,
      endpoint: failover.endpoint,
      locations: failover.locations,
      consumerGroups: failover.consumerGroups(),
      operation: failover.operation === undefined ? null : operationView(failover.operation),
      telemetry: { accepted: telemetry.accepted, lostWithEndpoint: telemetry.lostWithEndpoint().length },
    });
  });
  app.post('/hubs/:role/failover', async (context) => {
    const role = roleOf(context.req.param('role'));
    const { failoverRegion, options } = await readOptionalBody(context, failoverSchema);
    return context.json(operationView(lab.failover(role).start(failoverRegion, options)), 202);
  });
};
