import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drivers, type RunningApp } from './drivers.js';

// A file of its own: enableHttpStream holds for the whole process.
describe.each(drivers)('an HTTP trigger with enableHttpStream in $name', (driver) => {
  describe.skipIf(!driver.available)('as observed', () => {
    let app: RunningApp;
    beforeAll(async () => {
      app = await driver.start({ fixture: 'stream.mjs' });
    });
    afterAll(() => app?.close());

    it('finds query and JSON-body fields in req.params too', async () => {
      const response = await fetch(`${app.url}/api/devices/d1?fromQuery=q`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"fromBody":"b"}',
      });
      expect(response.headers.get('x-ms-invocation-id')).toMatch(/^[0-9a-f-]{36}$/);
      expect(await response.json()).toEqual({
        params: expect.objectContaining({ deviceId: 'd1', fromQuery: 'q', fromBody: 'b' }),
        url: `${app.url}/api/devices/d1?fromQuery=q`,
        body: '{"fromBody":"b"}',
      });
    });

    it('answers 500 when the handler throws', async () => {
      expect((await fetch(`${app.url}/api/broken`)).status).toBe(500);
    });
  });
});
