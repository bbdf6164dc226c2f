import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createEventGrid, type EventGrid, type EventGridOptions } from '../../lab/event-grid/event-grid.js';
import { aHost, aHub } from './support/event-grid.js';

let host: ReturnType<typeof aHost>;
let hub: ReturnType<typeof aHub>;
let grid: EventGrid;

const start = async (options: EventGridOptions): Promise<void> => {
  grid = createEventGrid({ handshakeEveryInMs: 20, random: () => 0, ...options });
  grid.subscribe(hub);
  grid.setWebhook({ url: await host.listen() });
  await vi.waitUntil(() => grid.validated, { timeout: 20_000 });
};

beforeEach(() => {
  host = aHost();
  hub = aHub();
});
afterEach(async () => {
  await grid.close();
  await host.close();
});

describe('an endpoint that fails again and again', () => {
  it('is left alone by retries and new events after ten failures', async () => {
    // Ten seconds of the service are 2 s here; probation after 404 lasts five minutes: 60 s.
    await start({ timeScale: 0.2, parallel: 1 });
    host.answer(...Array.from({ length: 10 }, () => 404));
    for (let n = 0; n < 10; n += 1) hub.tell('created', `old-${n}`);
    await vi.waitUntil(() => grid.counters.retried === 10, { timeout: 20_000 });
    hub.tell('created', 'new');
    // The first retries would be due after 2 s.
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(host.notifications()).toHaveLength(10);
    expect(grid.counters.pending).toBe(11);
  });

  it.each([
    [503, 10],
    [404, 300],
  ])('has its probation by the error: %i for %i s', async (status, seconds) => {
    const timeScale = 0.005;
    await start({ timeScale, parallel: 1 });
    host.answer(...Array.from({ length: 10 }, () => status));
    for (let n = 0; n < 10; n += 1) hub.tell('created', `d${n}`);
    await vi.waitUntil(() => grid.counters.retried === 10, { timeout: 20_000 });
    hub.tell('created', 'new');
    await grid.idle();
    const posts = host.notifications();
    expect(posts).toHaveLength(21);
    const heldBackForInMs = (posts[10]?.at ?? 0) - (posts[9]?.at ?? 0);
    expect(heldBackForInMs).toBeGreaterThanOrEqual(seconds * 1000 * timeScale - 5);
    expect(grid.counters).toMatchObject({ delivered: 11, dropped: 0 });
  });

  it('has no probation while some succeed', async () => {
    await start({ timeScale: 0.05, parallel: 1 });
    host.answer(...Array.from({ length: 18 }, (_, n) => (n % 9 === 8 ? 202 : 404)));
    for (let n = 0; n < 18; n += 1) hub.tell('created', `d${n}`);
    await grid.idle();
    // Ten failures in a row would have cost 15 s; the ladder's first step is 500 ms.
    const posts = host.notifications();
    expect((posts.at(-1)?.at ?? 0) - (posts[0]?.at ?? 0)).toBeLessThan(10_000);
  });
});

describe('the limits of the retry policy', () => {
  it('give an event up after 30 attempts', async () => {
    // The ladder reaches 30 attempts after about twelve days: the time to live has to be longer.
    await start({ timeScale: 0.000_000_1, timeToLiveInMinutes: 1e9 });
    host.answerAlways(500);
    hub.tell('created', 'd1');
    await grid.idle();
    expect(host.notifications()).toHaveLength(30);
    expect(grid.counters).toMatchObject({ dropped: 1, droppedBy: { MaxDeliveryAttemptsExceeded: 1 } });
  });

  it('can be lowered', async () => {
    await start({ timeScale: 0.000_1, maxAttempts: 3 });
    host.answerAlways(500);
    hub.tell('created', 'd1');
    await grid.idle();
    expect(host.notifications()).toHaveLength(3);
    expect(grid.counters.droppedBy).toEqual({ MaxDeliveryAttemptsExceeded: 1 });
  });
});
