import { describe, expect, it } from 'vitest';
import { AppError, type ErrorCode } from '../../../src/errors.js';
import type { EndpointReading, RouteRow } from '../../../src/health/route-ports.js';
import { forgetLosses, listTroubled, createRouteWatch } from '../../../src/health/watch-routes.js';
import { aClock, aLogger } from '../support/fakes.js';

function aWatch() {
  const stored = new Map<string, RouteRow>();
  const logger = aLogger();
  const clock = aClock();
  let writes = 0;
  const rows = {
    list: async () => [...stored.values()],
    put: async (row: RouteRow) => {
      writes += 1;
      stored.set(`${row.source} ${row.endpoint}`, row);
    },
  };
  let answer: Partial<EndpointReading> | ErrorCode = {};
  const readEndpoints = async () => {
    if (typeof answer === 'string') throw new AppError(answer, 'planted', { retryable: true });
    return [{ name: 'twins', status: 'healthy', ...answer }];
  };
  const watched = [{ source: 'primary' as const, hubName: 'p-hub', eventHub: 'devicetwin', reader: { readEndpoints } }];
  const run = createRouteWatch({ watched, rows, clock, logger, timeoutInMs: 1000 });
  const look = (next: typeof answer) => {
    answer = next;
    return run();
  };
  const told = () => logger.events.map(({ level, id }) => `${level} ${id}`);
  return { rows, look, told, clock, writes: () => writes };
}

describe('the watch of routes', () => {
  it('says that a route is dead and may have lost changes, once, and keeps that until an operator has seen to it', async () => {
    const { rows, look, told } = aWatch();
    await look({});
    await look({ status: 'dead' });
    await look({ status: 'dead' });
    await look({ succeededAt: new Date(5) });
    expect(told()).toEqual(['warn route.status', 'error route.mayHaveLost', 'info route.status']);
    const [row] = await listTroubled(rows);
    expect(row).toMatchObject({ endpoint: 'twins', status: 'healthy', loss: { to: new Date(5) } });
    expect(await forgetLosses(rows)).toMatchObject([{ source: 'primary', endpoint: 'twins' }]);
    expect([await listTroubled(rows), await forgetLosses(rows)]).toEqual([[], []]);
  });

  it('writes nothing while nothing changes', async () => {
    const { look, writes } = aWatch();
    for (let n = 0; n < 3; n += 1) await look({ succeededAt: new Date(1_000_000 + n) });
    expect(writes()).toBe(1);
  });

  it('asks an ARM that refuses it again after ten minutes only', async () => {
    const { rows, look, clock } = aWatch();
    await look('armUnauthorized');
    await look({ status: 'unhealthy' });
    expect(await listTroubled(rows)).toEqual([]);
    clock.advance(600_000);
    await look({ status: 'unhealthy' });
    expect(await listTroubled(rows)).toMatchObject([{ status: 'unhealthy' }]);
  });

  it('takes an ARM that does not answer for no news of the route', async () => {
    const { rows, look, told } = aWatch();
    await look({ status: 'unhealthy' });
    const before = told().length;
    for (const next of ['armUnavailable', 'armUnavailable', 'armTimeout'] as const) await look(next);
    await look({ status: 'unhealthy' });
    await look('armTimeout');
    expect(told().slice(before)).toEqual(Array.from({ length: 3 }, () => 'warn route.unreadable'));
    expect(await listTroubled(rows)).toMatchObject([{ status: 'unhealthy' }]);
    await expect(look('storageUnavailable')).rejects.toMatchObject({ code: 'storageUnavailable' });
  });
});
