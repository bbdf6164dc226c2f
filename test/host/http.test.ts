import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { drivers, type RunningApp } from './drivers.js';
import { startObserver, type Observer } from './observer.js';

describe.each(drivers)('an HTTP trigger in $name', (driver) => {
  describe.skipIf(!driver.available)('as observed', () => {
    let observer: Observer;
    let app: RunningApp;
    const get = (path: string, init?: RequestInit) => fetch(`${app.url}${path}`, init);

    beforeAll(async () => {
      observer = await startObserver();
      app = await driver.start({ fixture: 'http.mjs', settings: { OBSERVER_URL: observer.url } });
    });
    afterEach(() => observer.clear());
    afterAll(async () => {
      await app?.close();
      await observer?.close();
    });

    it('sees the `code` parameter in its url', async () => {
      const response = await get(`/api/devices/d1/hub?code=${app.functionKey || 'any'}&a=1`);
      expect(response.status).toBe(200);
      const seen = await observer.find(({ kind }) => kind === 'http');
      expect(seen['url']).toBe(`${app.url}/api/devices/d1/hub?code=${app.functionKey || 'any'}&a=1`);
      expect(seen['query']).toMatchObject({ a: '1' });
    });

    it('gains x-ms-invocation-id in the response', async () => {
      const response = await get('/api/devices/d1');
      const { invocationId } = await observer.find(() => true);
      expect(response.headers.get('x-ms-invocation-id')).toBe(invocationId);
      expect(response.headers.get('x-custom')).toBe('Kept');
    });

    it('has only the path in req.params without enableHttpStream', async () => {
      await get('/api/devices/d1?deviceId=other', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"deviceId":"body"}',
      });
      const seen = await observer.find(() => true);
      expect(seen['params']).toEqual({ deviceId: 'd1' });
      expect(seen['body']).toBe('{"deviceId":"body"}');
    });

    it('gets header names in lower case', async () => {
      await get('/api/devices/d1', { headers: { 'X-Mixed-Case': 'Value' } });
      const seen = await observer.find(() => true);
      expect(seen['headers']).toMatchObject({ 'x-mixed-case': 'Value' });
    });

    it('decodes percent-encoding in path parameters, but leaves %2F', async () => {
      await get('/api/devices/a%2Bb%20c%23d%3F%25%2Fe+f');
      const seen = await observer.find(() => true);
      expect(seen['params']).toEqual({ deviceId: 'a+b c#d?%%2Fe+f' });
    });

    it('prefers a literal segment to a parameter, without regard to case', async () => {
      const response = await get('/API/Devices/FIXED');
      expect(await response.text()).toBe('fixed');
    });

    it('gives a catch-all parameter the rest of the path', async () => {
      const response = await get('/api/files/a/b/c');
      expect(await response.json()).toEqual({ path: 'a/b/c' });
    });

    it.each([
      ['an unknown path', 'GET', '/api/unknown'],
      ['a path without the route prefix', 'GET', '/devices/d1'],
      ['a method that the function does not name', 'DELETE', '/api/devices/d1'],
      ['more segments than the route has', 'GET', '/api/devices/d1/hub/more'],
    ])('answers 404 to %s', async (_what, method, path) => {
      expect((await get(path, { method })).status).toBe(404);
    });

    it('answers 500 without a body when the handler throws', async () => {
      const response = await get('/api/broken');
      expect([response.status, await response.text()]).toEqual([500, '']);
    });

    it('answers 204 when the handler returns nothing', async () => {
      expect((await get('/api/nothing')).status).toBe(204);
    });

    it('writes status and cookies', async () => {
      const response = await get('/api/cookies');
      expect(response.status).toBe(201);
      expect(response.headers.getSetCookie()).toEqual(['a=b%20c; path=/; samesite=Lax; httponly']);
    });

    describe.skipIf(!driver.enforcesKeys)('with keys', () => {
      const hub = '/api/devices/d1/hub';
      it.each([
        ['no key', hub, () => undefined, 401],
        ['a wrong key', hub, () => 'wrong', 401],
        ['an empty key', hub, () => '', 401],
        ['the system key of Event Grid', hub, () => app.systemKey, 401],
        ['the function key', hub, () => app.functionKey, 200],
        ['the master key', hub, () => app.masterKey, 200],
        ['the function key for an admin function', '/api/secret', () => app.functionKey, 401],
        ['the master key for an admin function', '/api/secret', () => app.masterKey, 200],
      ])('%s: by parameter and by header', async (_what, path, keyOf, status) => {
        const key = keyOf();
        expect((await get(key === undefined ? path : `${path}?code=${key}`)).status).toBe(status);
        expect((await get(path, { headers: key === undefined ? {} : { 'x-functions-key': key } })).status).toBe(status);
      });
    });
  });
});
