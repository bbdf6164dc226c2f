import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createEventGrid, type EventGrid } from '../../lab/event-grid/event-grid.js';
import { aHost, aHub } from './support/event-grid.js';

let host: ReturnType<typeof aHost>;
let hub: ReturnType<typeof aHub>;
let grid: EventGrid;

beforeEach(() => {
  host = aHost();
  hub = aHub();
  grid = createEventGrid({ timeScale: 0.001, handshakeEveryInMs: 20, schema: 'cloudEvents' });
  grid.subscribe(hub);
});
afterEach(async () => {
  await grid.close();
  await host.close();
});

describe('Event Grid with the schema of CloudEvents 1.0', () => {
  it('posts one event as an object in structured mode', async () => {
    grid.setWebhook({ url: await host.listen() });
    hub.tell('created', 'd1');
    await grid.idle();
    const [post] = host.notifications();
    expect(post?.headers).toMatchObject({
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'aeg-event-type': 'Notification',
      'aeg-delivery-count': '0',
    });
    expect(post?.headers['aeg-data-version']).toBeUndefined();
    expect(JSON.parse(post?.body ?? '')).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      source: expect.stringMatching(/IOTHUBS\/PRIMARY-HUB$/),
      subject: 'devices/d1',
      type: 'Microsoft.Devices.DeviceCreated',
      time: '2026-11-03T10:20:30.4560000Z',
      specversion: '1.0',
      data: expect.objectContaining({ hubName: 'primary-hub', deviceId: 'd1' }),
    });
  });

  it('introduces itself to a function by a validation event whose data is JSON text', async () => {
    grid.setWebhook({ url: await host.listen() });
    await vi.waitUntil(() => grid.validated, { timeout: 20_000 });
    const told = JSON.parse(host.handshakes()[0]?.body ?? '') as Record<string, unknown>;
    expect(told).toMatchObject({ type: 'Microsoft.EventGrid.SubscriptionValidationEvent', specversion: '1.0' });
    expect(JSON.parse(String(told['data']))).toEqual({ validationCode: expect.any(String) });
  });

  it.each(['*', 'eventgrid.azure.net'])('takes a webhook that answers OPTIONS and allows %s', async (origin) => {
    host.answerHandshake(400);
    host.allowOrigin(origin);
    grid.setWebhook({ url: await host.listen() });
    hub.tell('created', 'd1');
    await grid.idle();
    expect(host.notifications()).toHaveLength(1);
  });

  it('delivers nothing to a webhook that allows another origin only', async () => {
    host.answerHandshake(400);
    host.allowOrigin('other.example');
    grid.setWebhook({ url: await host.listen() });
    hub.tell('created', 'd1');
    await vi.waitUntil(() => host.handshakes().length > 2, { timeout: 20_000 });
    expect([grid.validated, grid.counters.pending, host.notifications().length]).toEqual([false, 1, 0]);
  });
});
