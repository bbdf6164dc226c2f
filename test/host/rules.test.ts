import { describe, expect, it } from 'vitest';
import { createBackoff } from '../../lab/host/backoff.js';
import { readHostConfig } from '../../lab/host/host-config.js';
import { rewriteDate, rewriteDates, unspecifiedTime } from '../../lab/host/json-net.js';
import { keyMatches } from '../../lab/host/keys.js';
import { expandNames, resolveConnection } from '../../lab/host/settings.js';
import { parseTimeSpan } from '../../lab/host/timespan.js';
import { decodeSegment, parseRoute } from '../../lab/host/triggers/http-route.js';
import { decodeBody } from '../../lab/host/triggers/queue-message.js';

describe('dates in Json.NET', () => {
  it.each([
    ['2026-11-20T10:00:00.000Z', '2026-11-20T10:00:00Z'],
    ['2026-11-20T10:00:00.1230000Z', '2026-11-20T10:00:00.123Z'],
    ['2026-11-20T10:00:00.1234567Z', '2026-11-20T10:00:00.1234567Z'],
    ['2026-11-20T10:00:00+02:00', '2026-11-20T08:00:00+00:00'],
    ['2026-11-20T23:30:00.50-01:30', '2026-11-21T01:00:00.5+00:00'],
    ['0001-01-01T00:00:00', '0001-01-01T00:00:00'],
    ['2026-02-30T10:00:00.000Z', '2026-02-30T10:00:00.000Z'],
    ['2026-11-20', '2026-11-20'],
    ['2026-11-20 10:00:00.000Z', '2026-11-20 10:00:00.000Z'],
    [' 2026-11-20T10:00:00.000Z', ' 2026-11-20T10:00:00.000Z'],
  ])('%s becomes %s', (from, to) => {
    expect(rewriteDate(from)).toBe(to);
  });

  it('are rewritten at any depth, but not as names', () => {
    const at = '2026-11-20T10:00:00.000Z';
    expect(rewriteDates({ [at]: [{ at }, 1, null] })).toEqual({ [at]: [{ at: '2026-11-20T10:00:00Z' }, 1, null] });
  });

  it('without zone have no Z', () => {
    expect(unspecifiedTime(new Date('2026-11-20T10:00:00.120Z'))).toBe('2026-11-20T10:00:00.12');
  });
});

describe('routes', () => {
  it.each([
    ['api/devices/{deviceId}/hub', '/api/devices/d1/hub', { deviceId: 'd1' }],
    ['api/devices/{deviceId}/hub', '/API/DEVICES/D1/HUB', { deviceId: 'D1' }],
    ['api/devices/{deviceId}/hub', '/api/devices/d1', undefined],
    ['api/a/{id?}', '/api/a', {}],
    ['api/a/{id?}', '/api/a/1', { id: '1' }],
    ['api/{*rest}', '/api/a/b', { rest: 'a/b' }],
    ['', '/', {}],
  ])('%s and %s', (template, path, found) => {
    expect(parseRoute(template).match(path)).toEqual(found);
  });

  it.each(['a/{id:int}', 'a/x{id}', 'a/{}'])('%s is refused by name', (template) => {
    expect(() => parseRoute(template)).toThrow(expect.objectContaining({ code: 'host.badRoute' }));
  });

  it.each([
    ['a%2Fb', 'a%2Fb'],
    ['%E2%82%AC%2f%20', '€%2f '],
    ['%ff', '%ff'],
    ['100%', '100%'],
    ['%2B+', '++'],
  ])('decode %s to %s', (from, to) => {
    expect(decodeSegment(from)).toBe(to);
  });
});

describe('the wait between two polls', () => {
  it('grows at random from 100 ms to the maximum, and starts again after a find', () => {
    const backoff = createBackoff(100, 1_000, () => 0.5);
    expect([1, 2, 3, 4, 5, 6, 7].map(() => backoff.next(false))).toEqual([100, 200, 300, 500, 900, 1_000, 1_000]);
    expect([backoff.next(true), backoff.next(false)]).toEqual([100, 200]);
  });
});

describe('settings and host.json', () => {
  it('prefer AzureWebJobs<name> for a connection', () => {
    expect(resolveConnection({ AzureWebJobsX: 'prefixed', X: 'plain' }, 'X')).toBe('prefixed');
    expect(resolveConnection({ AzureWebJobsStorage: 'storage' }, 'AzureWebJobsStorage')).toBe('storage');
  });

  it('expand every %NAME%', () => {
    expect(expandNames({ A: '1', B: '2' }, '%A%-%B%')).toBe('1-2');
  });

  it.each([
    ['00:00:02', 2_000],
    ['00:00:00.100', 100],
    ['1.00:00:00', 86_400_000],
    ['00:05', 300_000],
  ])('read the time span %s as %i ms', (text, ms) => {
    expect(parseTimeSpan(text)).toBe(ms);
  });

  it('have the defaults of bundle 4: batches of 100, five tries, a poll every minute', async () => {
    const { eventHubs, queues, http } = await readHostConfig({}, {});
    expect([eventHubs.maxEventBatchSize, queues.maxDequeueCount, queues.maxPollingInterval]).toEqual([100, 5, 60_000]);
    expect(http.routePrefix).toBe('api');
  });
});

describe('small rules', () => {
  it('an absent key matches nothing, not even an empty key', () => {
    expect([keyMatches(undefined, ['']), keyMatches('a', ['b', 'a']), keyMatches('a', ['ab'])]).toEqual([
      false,
      true,
      false,
    ]);
  });

  it('a body that is not base64 is no message, unless the encoding is none', () => {
    expect(decodeBody('e30=', 'base64')?.toString()).toBe('{}');
    expect(decodeBody('{}', 'base64')).toBeUndefined();
    expect(decodeBody('{}', 'none')?.toString()).toBe('{}');
  });
});
