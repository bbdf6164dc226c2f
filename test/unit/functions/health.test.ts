import { HttpRequest } from '@azure/functions';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/errors.js';
import { answerHealth } from '../../../src/functions/health.js';
import { createCounters } from '../../../src/health/counters.js';
import { createHubProblems } from '../../../src/health/hub-problems.js';
import { createHealth } from '../../../src/health/report.js';
import { aClock, aLogger } from '../support/fakes.js';

const operatorKey = 'an-operator-key-of-a-test';
const away = async () => {
  throw new AppError('storageUnavailable', 'away', { retryable: true });
};

const noRoutes: { source: 'primary'; endpoint: string; status: string; since: Date; loss?: { from: Date } }[] = [];
const noBreakers: { source: 'primary'; reason: string; since: Date; taken: number }[] = [];

function setUp({
  neverRead = false,
  age = 10,
  storageAway = false,
  needsRouting = true,
  problem = '',
  breakers = noBreakers,
  routes = noRoutes,
} = {}) {
  const ageInMs = neverRead ? undefined : age;
  const counters = createCounters();
  const clock = aClock();
  const logger = aLogger();
  const problems = createHubProblems({ primary: 'p-hub', secondary: 's-hub' }, logger);
  const health = createHealth({
    counters,
    clock,
    logger,
    instanceId: 'instance-1',
    stateMaxAgeInMs: 1000,
    needsRouting,
    sources: {
      routing: async () =>
        ageInMs === undefined ? undefined : { activeHub: 'primary', epoch: 3, revision: 1, direction: 'forward' },
      stateAgeInMs: () => ageInMs,
      routingProblem: () =>
        problem ? { problem: { reason: problem }, isTrouble: problem === 'noMajority' } : undefined,
      countDirty: storageAway ? away : async () => 4,
      countRetryQueue: storageAway ? away : async () => 5,
      countPoison: storageAway ? away : async () => 6,
      countParked: storageAway ? away : async () => ({ notJson: 7 }),
      hubProblems: () => problems.read(),
      listRoutes: storageAway ? away : async () => routes,
      listBreakers: storageAway ? away : async () => breakers,
      listKept: storageAway
        ? away
        : async () => ({
            counts: { dpsMove: 1 },
            first: [{ source: 'primary', key: { deviceId: 'd' }, reason: 'dpsMove', since: new Date(0) }],
          }),
    },
  });
  const ask = (headers: Record<string, string> = {}, query = {}, key: string | undefined = operatorKey) =>
    answerHealth(new HttpRequest({ method: 'GET', url: 'http://app/api/health', headers, query }), {
      health,
      operatorKey: key,
    });
  return { counters, clock, logger, ask, problems };
}

describe('answerHealth', () => {
  it('tells anyone no more than ok', async () => {
    expect(await setUp().ask()).toMatchObject({ status: 200, jsonBody: { ok: true } });
  });

  it('is not ok without a routing document young enough for writing', async () => {
    expect(await setUp({ age: 1000 }).ask()).toMatchObject({ status: 503, jsonBody: { ok: false } });
    expect(await setUp({ neverRead: true }).ask()).toMatchObject({ status: 503, jsonBody: { ok: false } });
  });

  it('names what is wrong with the routing document, and is not ok where a person has to act', async () => {
    const key = { 'x-functions-key': operatorKey };
    expect((await setUp({ problem: 'invalid' }).ask(key)).jsonBody).toMatchObject({
      ok: false,
      routingProblem: { reason: 'invalid' },
    });
    expect((await setUp({ problem: 'noMajority' }).ask(key)).jsonBody).toMatchObject({
      ok: true,
      routingProblem: { reason: 'noMajority' },
    });
  });

  it('is not ok while a route may have lost changes; one that merely fails is listed', async () => {
    const key = { 'x-functions-key': operatorKey };
    const route = { source: 'primary' as const, endpoint: 'devicetwin', status: 'unhealthy', since: new Date(0) };
    const failing = setUp({ routes: [route] });
    expect(await failing.ask()).toMatchObject({ status: 200 });
    expect((await failing.ask(key)).jsonBody).toMatchObject({ ok: true, routes: [{ mayHaveLost: null }] });
    const lossy = setUp({ routes: [{ ...route, status: 'dead', loss: { from: new Date(0) } }] });
    expect(await lossy.ask()).toMatchObject({ status: 503 });
    expect((await lossy.ask(key)).jsonBody).toMatchObject({
      ok: false,
      routes: [{ status: 'dead', mayHaveLost: { from: '1970-01-01T00:00:00.000Z', to: null } }],
    });
  });

  it('needs no routing document where the app neither mirrors nor routes', async () => {
    const { ask } = setUp({ neverRead: true, needsRouting: false });
    expect(await ask()).toMatchObject({ status: 200, jsonBody: { ok: true } });
  });

  it.each([
    ['header', { 'x-functions-key': operatorKey }, {}],
    ['query', {}, { code: operatorKey }],
  ])('gives the whole report for the operator key in the %s', async (_, headers, query) => {
    const { counters, ask } = setUp();
    counters.applied(2);
    counters.coalesced(1);
    counters.skipped('sourceIsStandby');
    counters.skipped('sourceIsStandby', 2);
    counters.lag(12.4);
    expect((await ask(headers, query)).jsonBody).toEqual({
      ok: true,
      instanceId: 'instance-1',
      startedAt: '2026-01-01T00:00:00.000Z',
      activeHub: 'primary',
      epoch: 3,
      revision: 1,
      direction: 'forward',
      stateAgeInMs: 10,
      routingProblem: null,
      applied: 2,
      coalesced: 1,
      skipped: { sourceIsStandby: 3 },
      held: {},
      dirty: 4,
      retryQueue: 5,
      poison: 6,
      parked: { notJson: 7 },
      breakers: [],
      routes: [],
      kept: {
        counts: { dpsMove: 1 },
        first: [{ source: 'primary', deviceId: 'd', reason: 'dpsMove', since: '1970-01-01T00:00:00.000Z' }],
      },
      hubProblems: {},
      lagInMs: 12,
    });
  });

  it('is not ok while a breaker is open, for anyone, and says which to the operator', async () => {
    const { ask } = setUp({ breakers: [{ source: 'primary', reason: 'massChange', since: new Date(0), taken: 20 }] });
    expect(await ask()).toMatchObject({ status: 503, jsonBody: { ok: false } });
    expect(await ask({ 'x-functions-key': operatorKey })).toMatchObject({
      status: 503,
      jsonBody: {
        ok: false,
        breakers: [{ source: 'primary', reason: 'massChange', since: '1970-01-01T00:00:00.000Z', taken: 20 }],
      },
    });
  });

  it('refuses a wrong key, and any key where none is set', async () => {
    const { ask } = setUp();
    const refused = { status: 401, jsonBody: { error: { code: 'wrongKey' } } };
    expect(await ask({ 'x-functions-key': 'wrong' })).toMatchObject(refused);
    expect(await ask({ 'x-functions-key': '' }, {}, undefined)).toMatchObject(refused);
  });

  it('shows a partition that waits, and a lag that grows while it does', async () => {
    const { counters, clock, ask } = setUp();
    counters.lag(5);
    counters.held('devicetwin/0', { reason: 'targetAway', oldest: clock.now() });
    counters.held('devicetwin/1', { reason: 'targetAway', oldest: clock.now() });
    clock.advance(90_000);
    const report = async () => (await ask({ 'x-functions-key': operatorKey })).jsonBody;
    expect(await report()).toMatchObject({ held: { targetAway: 2 }, lagInMs: 90_000 });
    counters.held('devicetwin/0', undefined);
    counters.held('devicetwin/1', undefined);
    expect(await report()).toMatchObject({ held: {}, lagInMs: 5 });
  });

  it('reports null for what is stored while storage is away, and logs why', async () => {
    const { ask, logger } = setUp({ storageAway: true });
    expect((await ask({ 'x-functions-key': operatorKey })).jsonBody).toMatchObject({
      dirty: null,
      retryQueue: null,
      poison: null,
      parked: null,
      kept: null,
      breakers: null,
      routes: null,
    });
    expect(logger.events.map(({ id, fields }) => [id, fields['figure'], fields['code']])).toEqual(
      ['dirty', 'retryQueue', 'poison', 'parked', 'kept', 'breakers', 'routes'].map((figure) => [
        'health.unreadable',
        figure,
        'storageUnavailable',
      ]),
    );
  });

  it('is not ok while a hub cannot be mirrored, and the log names it once', async () => {
    const { ask, logger, problems } = setUp();
    problems.found('secondary', 'tierNotSupported');
    problems.found('secondary', 'tierNotSupported');
    expect(await ask({ 'x-functions-key': operatorKey })).toMatchObject({
      status: 503,
      jsonBody: { ok: false, hubProblems: { secondary: 'tierNotSupported' } },
    });
    expect(logger.events).toMatchObject([
      { level: 'error', id: 'hub.notSupported', fields: { hub: 's-hub', reason: 'tierNotSupported' } },
    ]);
    problems.mended('secondary');
    expect(await ask()).toMatchObject({ status: 200 });
  });
});
