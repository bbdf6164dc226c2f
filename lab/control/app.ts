import { Hono } from 'hono';
import type { Lab } from '../contracts.js';
import { ControlError, toControlError } from './errors.js';
import { addFailoverRoutes } from './failover-routes.js';
import { readBody } from './read-body.js';
import { clockSchema, devicesSchema, eventGridSchema, faultSchema, rollbackSchema } from './schemas.js';

/** What the control API needs of the laboratory. */
export type ControlledLab = Pick<
  Lab,
  | 'description'
  | 'addFault'
  | 'removeFault'
  | 'faultsSettled'
  | 'addDevices'
  | 'setClockSkew'
  | 'rollBack'
  | 'disturbEventGrid'
  | 'failover'
  | 'telemetry'
>;

const loopbackNames = new Set(['127.0.0.1', 'localhost', '[::1]']);

const isLoopback = (host: string | undefined): boolean =>
  host !== undefined && URL.canParse(`http://${host}`) && loopbackNames.has(new URL(`http://${host}`).hostname);

/** The control API of one laboratory. Errors: `{error: {code, message, issues?}}`. */
export const createControlApp = (lab: ControlledLab): Hono => {
  const app = new Hono();
  app.use(async (context, next) => {
    if (!isLoopback(context.req.header('host')))
      throw new ControlError(403, 'notLoopback', 'ask by 127.0.0.1 or localhost');
    await next();
  });
  app.get('/lab', (context) => context.json(lab.description));
  app.post('/lab/faults', async (context) => {
    const added = lab.addFault(await readBody(context, faultSchema));
    await lab.faultsSettled();
    return context.json(added, 201);
  });
  app.delete('/lab/faults/:id', async (context) => {
    if (!lab.removeFault(context.req.param('id')))
      throw new ControlError(404, 'unknownFault', 'no such fault: it was removed or has ended by itself');
    await lab.faultsSettled();
    return context.body(null, 204);
  });
  app.post('/lab/clock', async (context) => {
    const { hub, skewMs } = await readBody(context, clockSchema);
    lab.setClockSkew(hub, skewMs);
    return context.body(null, 204);
  });
  app.post('/lab/rollback', async (context) => {
    const { hub, minutes } = await readBody(context, rollbackSchema);
    lab.rollBack(hub, minutes);
    return context.body(null, 204);
  });
  app.post('/lab/event-grid', async (context) => {
    lab.disturbEventGrid(await readBody(context, eventGridSchema));
    return context.body(null, 204);
  });
  app.post('/lab/devices', async (context) =>
    context.json({ created: lab.addDevices(await readBody(context, devicesSchema)) }, 201),
  );
  addFailoverRoutes(app, lab);
  app.notFound((context) =>
    context.json({ error: { code: 'notFound', message: 'GET /lab lists what there is' } }, 404),
  );
  app.onError((error, context) => {
    const { status, code, message, issues } = toControlError(error);
    return context.json({ error: { code, message, ...(issues === undefined ? {} : { issues }) } }, status);
  });
  return app;
};
