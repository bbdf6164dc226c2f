import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createEventGrid, type EventGrid, type EventGridOptions } from '../../lab/event-grid/event-grid.js';
import { retryDelayInMs } from '../../lab/event-grid/retry-schedule.js';
import { aHost, aHub, path } from './support/event-grid.js';

let host: ReturnType<typeof aHost>;
let hub: ReturnType<typeof aHub>;
let grid: EventGrid;
let lines: string[];

const start = (more: Partial<EventGridOptions> = {}): void => {
  grid = createEventGrid({
    timeScale: 0.001,
    handshakeEveryInMs: 20,
    log: (line) => lines.push(line),
    ...more,
  });
  grid.subscribe(hub);
};

beforeEach(() => {
  lines = [];
  host = aHost();
  hub = aHub();
});
afterEach(async () => {
  await grid.close();
  await host.close();
});

describe('Event Grid', () => {
  it('posts a created device in the schema of Event Grid, always with the default twin', async () => {
    start();
    grid.setWebhook({ url: await host.listen() });
    hub.tell('created', 'd 1#+');
    await grid.idle();
    const [post] = host.notifications();
    expect(post?.url).toBe(path);
    expect(post?.headers).toMatchObject({ 'aeg-event-type': 'Notification', 'aeg-delivery-count': '0' });
    expect(post?.events).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        topic:
          '/SUBSCRIPTIONS/00000000-0000-0000-0000-000000000000/RESOURCEGROUPS/LAB/PROVIDERS/MICROSOFT.DEVICES/IOTHUBS/PRIMARY-HUB',
        subject: 'devices/d 1#+',
        eventType: 'Microsoft.Devices.DeviceCreated',
        eventTime: '2026-11-03T10:20:30.4560000Z',
        data: {
          twin: {
            deviceId: 'd 1#+',
            etag: 'AAAAAAAAAAE=',
            deviceEtag: 'null',
            status: 'enabled',
            statusUpdateTime: '0001-01-01T00:00:00',
            connectionState: 'Disconnected',
            lastActivityTime: '0001-01-01T00:00:00',
            cloudToDeviceMessageCount: 0,
            authenticationType: 'sas',
            x509Thumbprint: { primaryThumbprint: null, secondaryThumbprint: null },
            version: 2,
            properties: {
              desired: { $metadata: { $lastUpdated: '0001-01-01T00:00:00Z' }, $version: 1 },
              reported: { $metadata: { $lastUpdated: '0001-01-01T00:00:00Z' }, $version: 1 },
            },
          },
          hubName: 'primary-hub',
          deviceId: 'd 1#+',
        },
        dataVersion: '1',
        metadataVersion: '1',
      },
    ]);
  });

  it('tells a deletion by its own type', async () => {
    start();
    grid.setWebhook({ url: await host.listen() });
    hub.tell('deleted', 'd1');
    await grid.idle();
    expect(host.notifications()[0]?.events[0]).toMatchObject({ eventType: 'Microsoft.Devices.DeviceDeleted' });
  });

  it('keeps events until a host is up and has echoed the validation code', async () => {
    start();
    const url = await host.listen();
    await host.close();
    grid.setWebhook({ url });
    hub.tell('created', 'early');
    await vi.waitUntil(() => lines.some((line) => line.endsWith('ECONNREFUSED')), { timeout: 20_000 });
    host.answerHandshake(202);
    await host.listen(Number(new URL(url).port));
    await vi.waitUntil(() => host.handshakes().length > 2, { timeout: 20_000 });
    expect([grid.validated, grid.counters.pending, host.notifications().length]).toEqual([false, 1, 0]);
    host.answerHandshake(200);
    await grid.idle();
    expect(grid.validated).toBe(true);
    expect(host.handshakes()[0]?.events).toEqual([
      expect.objectContaining({ eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent' }),
    ]);
    expect(host.notifications().map(({ events }) => events[0]?.subject)).toEqual(['devices/early']);
    expect(lines.join()).not.toContain('system-key');
  });

  it('tries again after every failure that is not final, and counts up the delivery count', async () => {
    start();
    grid.setWebhook({ url: await host.listen() });
    host.answer(500, 503, 404, 429, 302, 204);
    hub.tell('created', 'd1');
    await grid.idle();
    expect(host.notifications().map(({ headers }) => headers['aeg-delivery-count'])).toEqual([
      '0',
      '1',
      '2',
      '3',
      '4',
      '5',
    ]);
    expect(new Set(host.notifications().map(({ events }) => JSON.stringify(events))).size).toBe(1);
    expect(grid.counters).toMatchObject({ delivered: 1, dropped: 0, retried: 5, pending: 0 });
  });

  it('tries again when the host does not answer or is gone', async () => {
    start({ answerWaitInMs: 100 });
    const url = await host.listen();
    grid.setWebhook({ url });
    host.answer('never');
    hub.tell('created', 'd1');
    await grid.idle();
    expect(grid.counters).toMatchObject({ delivered: 1, retried: 1 });
    await host.close();
    hub.tell('created', 'd2');
    await vi.waitUntil(() => grid.counters.retried > 1, { timeout: 20_000 });
    await host.listen(Number(new URL(url).port));
    await grid.idle();
    expect(grid.counters).toMatchObject({ delivered: 2, dropped: 0 });
  });

  it.each([
    [400, 'BadRequest'],
    [401, 'Unauthorized'],
    [403, 'Forbidden'],
    [413, 'PayloadTooLarge'],
  ])('drops an event answered with %i and names the reason', async (status, reason) => {
    start();
    grid.setWebhook({ url: await host.listen() });
    host.answer(status);
    hub.tell('created', 'd1');
    await grid.idle();
    expect(host.notifications().length).toBe(1);
    expect(grid.counters).toMatchObject({ delivered: 0, dropped: 1, droppedBy: { [reason]: 1 } });
    expect(lines).toContain(
      `event grid: dropped Microsoft.Devices.DeviceCreated of devices/d1 after 1 attempts: ${reason}`,
    );
  });

  it('gives up when the time to live is over', async () => {
    // A day is 86.4 ms here.
    start({ timeScale: 0.000_001 });
    grid.setWebhook({ url: await host.listen() });
    host.answer(...Array.from({ length: 100 }, () => 503));
    hub.tell('created', 'd1');
    await grid.idle();
    expect(grid.counters).toMatchObject({ delivered: 0, dropped: 1, droppedBy: { TimeToLiveExceeded: 1 } });
    expect(grid.counters.retried).toBeGreaterThan(1);
  });

  it('delivers in parallel within its bound', async () => {
    start({ parallel: 4 });
    grid.setWebhook({ url: await host.listen() });
    for (let n = 0; n < 100; n += 1) hub.tell('created', `d${n}`);
    await grid.idle();
    expect(grid.counters.delivered).toBe(100);
    expect(host.most()).toBeLessThanOrEqual(4);
    expect(host.most()).toBeGreaterThan(1);
  });

  it('waits again when its webhook is taken away, and delivers to the next one', async () => {
    start();
    grid.setWebhook({ url: await host.listen() });
    await vi.waitUntil(() => grid.validated, { timeout: 20_000 });
    grid.setWebhook(undefined);
    hub.tell('created', 'd1');
    expect([grid.validated, grid.counters.pending]).toEqual([false, 1]);
    const other = aHost();
    grid.setWebhook({ url: await other.listen() });
    await grid.idle();
    expect([host.notifications().length, other.notifications().length]).toEqual([0, 1]);
    await other.close();
  });
});

describe('the retry schedule', () => {
  it('follows the ladder of the service, times the scale, with a tenth of jitter', () => {
    const seconds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((failed) => retryDelayInMs(failed, 1, 0) / 1000);
    expect(seconds).toEqual([10, 30, 60, 300, 600, 1800, 3600, 10_800, 21_600, 43_200, 43_200]);
    expect(retryDelayInMs(1, 0.01, 1)).toBeCloseTo(110);
  });

  it('waits at least half a minute after 503 and two minutes after 408', () => {
    expect([1, 2, 3].map((failed) => retryDelayInMs(failed, 1, 0, 'Busy') / 1000)).toEqual([30, 30, 60]);
    expect([1, 4].map((failed) => retryDelayInMs(failed, 1, 0, 'TimedOut') / 1000)).toEqual([120, 300]);
  });
});
