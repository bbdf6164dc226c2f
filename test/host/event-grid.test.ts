import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { drivers, type RunningApp } from './drivers.js';
import { startObserver, type Observer } from './observer.js';

const anEvent = (id: string, data: object = {}) => ({
  id,
  topic: '/SUBSCRIPTIONS/X/PROVIDERS/MICROSOFT.DEVICES/IOTHUBS/P',
  subject: `devices/${id}`,
  eventType: 'Microsoft.Devices.DeviceCreated',
  eventTime: '2026-11-20T10:00:00.1230000Z',
  data,
  dataVersion: '1',
  metadataVersion: '1',
});

describe.each(drivers)('an Event Grid trigger in $name', (driver) => {
  describe.skipIf(!driver.available)('as observed', () => {
    let observer: Observer;
    let app: RunningApp;
    const post = (body: unknown, type = 'Notification', query = `functionName=lifecycle&code=${app.systemKey}`) =>
      fetch(`${app.url}/runtime/webhooks/EventGrid?${query}`, {
        method: 'POST',
        headers: { 'aeg-event-type': type, 'content-type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });

    beforeAll(async () => {
      observer = await startObserver();
      app = await driver.start({ fixture: 'event-grid.mjs', settings: { OBSERVER_URL: observer.url } });
    });
    afterEach(() => {
      observer.clear();
      observer.reply = () => ({});
    });
    afterAll(async () => {
      await app?.close();
      await observer?.close();
    });

    it('answers the validation handshake itself', async () => {
      const response = await post([anEvent('v', { validationCode: 'abc-1' })], 'SubscriptionValidation');
      expect([response.status, await response.text()]).toEqual([200, '{"validationResponse":"abc-1"}']);
      expect(observer.seen).toEqual([]);
    });

    it('runs once per event of the array and answers 202', async () => {
      const response = await post([anEvent('a'), anEvent('b')]);
      expect(response.status).toBe(202);
      const ids = observer.seen.map(({ input }) => (input as { id: string }).id);
      expect(ids.sort()).toEqual(['a', 'b']);
      expect(new Set(observer.seen.map(({ invocationId }) => invocationId)).size).toBe(2);
    });

    it('takes CloudEvents: a validation event whose data is JSON text, and an event as an object', async () => {
      const event = { id: 'c', source: '/X', type: 'T', subject: 's', specversion: '1.0' };
      const data = JSON.stringify({ validationCode: 'abc-2' });
      const handshake = await post({ ...event, data }, 'SubscriptionValidation');
      expect([handshake.status, await handshake.text()]).toEqual([200, '{"validationResponse":"abc-2"}']);
      expect((await post({ ...event, data: {} })).status).toBe(202);
      expect(observer.seen.map(({ input }) => input)).toEqual([{ ...event, data: {} }]);
    });

    it('has no answer to the OPTIONS of CloudEvents webhooks', async () => {
      const response = await fetch(
        `${app.url}/runtime/webhooks/EventGrid?functionName=lifecycle&code=${app.systemKey}`,
        {
          method: 'OPTIONS',
          headers: { 'WebHook-Request-Origin': 'eventgrid.azure.net' },
        },
      );
      expect([response.status, response.headers.get('WebHook-Allowed-Origin')]).toEqual([400, null]);
    });

    it('rewrites dates in data as Json.NET does', async () => {
      await post([
        anEvent('d', {
          zero: '2026-11-20T10:00:00.000Z',
          offset: '2026-11-20T10:00:00+02:00',
          never: '0001-01-01T00:00:00',
          text: '2026-11-20',
        }),
      ]);
      const { input } = await observer.find(() => true);
      expect(input).toMatchObject({
        eventTime: '2026-11-20T10:00:00.123Z',
        data: {
          zero: '2026-11-20T10:00:00Z',
          offset: '2026-11-20T08:00:00+00:00',
          never: '0001-01-01T00:00:00',
          text: '2026-11-20',
        },
      });
    });

    it('answers 500 when one of several invocations fails, so that all are sent again', async () => {
      observer.reply = ({ input }) => ({ fail: (input as { id: string }).id === 'bad' });
      const response = await post([anEvent('good'), anEvent('bad')]);
      expect([response.status, await response.text()]).toEqual([
        500,
        'Exception while executing function: Functions.lifecycle',
      ]);
      expect(observer.seen).toHaveLength(2);
    });

    it('answers 500 to a body that is not JSON', async () => {
      expect((await post('{')).status).toBe(500);
      expect(observer.seen).toEqual([]);
    });

    it('answers 404 for an unknown function', async () => {
      const response = await post([anEvent('a')], 'Notification', `functionName=other&code=${app.systemKey}`);
      expect([response.status, await response.text()]).toEqual([404, "cannot find function: 'other'"]);
    });

    it('answers 400 to an unknown event type and 202 to Unsubscribe', async () => {
      expect((await post([], 'Other')).status).toBe(400);
      expect((await post([], 'Unsubscribe')).status).toBe(202);
    });

    describe.skipIf(!driver.enforcesKeys)('with keys', () => {
      it.each([
        ['no key', () => 'functionName=lifecycle', 401],
        ['a wrong key', () => 'functionName=lifecycle&code=wrong', 401],
        ['the function key', () => `functionName=lifecycle&code=${app.functionKey}`, 401],
        ['a wrong key for an unknown function', () => 'functionName=other&code=wrong', 401],
        ['the master key', () => `functionName=lifecycle&code=${app.masterKey}`, 202],
        ['the system key', () => `functionName=lifecycle&code=${app.systemKey}`, 202],
      ])('%s', async (_what, queryOf, status) => {
        expect((await post([anEvent('k')], 'Notification', queryOf())).status).toBe(status);
        expect(observer.seen).toHaveLength(status === 202 ? 1 : 0);
      });
    });
  });
});
