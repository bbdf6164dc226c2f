import { describe, expect, it } from 'vitest';
import { isWell, judgeRoute } from '../../../src/health/judge-route.js';
import type { EndpointReading, RouteRow } from '../../../src/health/route-ports.js';

const at = (minutes: number) => new Date(Date.UTC(2026, 10, 30, 12, minutes));
const look = (before: RouteRow | undefined, minutes: number, reading: Partial<EndpointReading>) =>
  judgeRoute(before, { name: 'devicetwin', status: 'healthy', ...reading }, { source: 'primary', now: at(minutes) });

describe('a route', () => {
  it('that delivers, or had nothing to deliver, is well', () => {
    const healthy = look(undefined, 0, { succeededAt: at(-1) });
    expect(healthy).toEqual({
      source: 'primary',
      endpoint: 'devicetwin',
      status: 'healthy',
      since: at(0),
      succeededAt: at(-1),
    });
    expect([isWell(healthy), isWell(look(undefined, 0, { status: 'unknown' }))]).toEqual([true, true]);
  });

  it.each(['unhealthy', 'degraded', 'somethingNew'])('that is %s is told, and has lost nothing yet', (status) => {
    const row = look(look(undefined, 0, {}), 5, { status });
    expect(row).toMatchObject({ status, since: at(5) });
    expect(row.loss).toBeUndefined();
    expect(isWell(row)).toBe(false);
    expect(look(row, 6, { status }).since).toEqual(at(5));
  });

  it('that is dead may have lost what came since its last success, until it delivers again', () => {
    const before = look(undefined, 0, { succeededAt: at(-1) });
    const dead = look(before, 61, { status: 'dead', succeededAt: at(-1), failedAt: at(60) });
    expect(dead.loss).toEqual({ from: at(-1) });
    const back = look(dead, 70, { succeededAt: at(69), failedAt: at(60) });
    expect(back.loss).toEqual({ from: at(-1), to: at(69) });
    // An operator decides when that is over, not a healthy route.
    expect(look(back, 90, { succeededAt: at(89) }).loss).toEqual({ from: at(-1), to: at(69) });
    expect(isWell(back)).toBe(false);
    // Dead once more: the end is open again.
    expect(look(back, 200, { status: 'dead' }).loss).toEqual({ from: at(-1) });
  });

  it('that was dead while nobody looked is known by the hour between its successes', () => {
    const before = look(undefined, 0, { succeededAt: at(0) });
    expect(look(before, 70, { succeededAt: at(60), failedAt: at(50) }).loss).toEqual({ from: at(0), to: at(60) });
    expect(look(before, 70, { succeededAt: at(59), failedAt: at(50) }).loss).toBeUndefined();
    // Nothing to deliver for an hour is no failure; nor is one from before.
    expect(look(before, 70, { succeededAt: at(60) }).loss).toBeUndefined();
    expect(look(before, 70, { succeededAt: at(60), failedAt: at(-1) }).loss).toBeUndefined();
  });
});
