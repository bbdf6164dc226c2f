import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EventGridDisturbance } from '../../lab/contracts.js';
import { createEventGrid, type EventGrid } from '../../lab/event-grid/event-grid.js';
import { aHost, aHub } from './support/event-grid.js';

let host: ReturnType<typeof aHost>;
let hub: ReturnType<typeof aHub>;
let grid: EventGrid;

/** Tells `count` devices with this disturbance and gives what the host received. */
const tell = async (count: number, disturbance: EventGridDisturbance) => {
  grid.disturb(disturbance);
  for (let n = 0; n < count; n += 1) hub.tell('created', `d${n}`);
  await grid.idle();
  return host.notifications().map(({ at, events: [event] }) => ({ at, id: event?.id, subject: event?.subject }));
};
const subjects = (...numbers: number[]) => numbers.map((n) => `devices/d${n}`);

beforeEach(async () => {
  host = aHost();
  hub = aHub();
  grid = createEventGrid({ handshakeEveryInMs: 20, parallel: 1 });
  grid.subscribe(hub);
  grid.setWebhook({ url: await host.listen() });
  await vi.waitUntil(() => grid.validated, { timeout: 20_000 });
});
afterEach(async () => {
  await grid.close();
  await host.close();
});

describe('on demand Event Grid', () => {
  it('delivers in order and once while nothing is asked for', async () => {
    const got = await tell(4, {});
    expect(got.map(({ subject }) => subject)).toEqual(subjects(0, 1, 2, 3));
    expect(new Set(got.map(({ id }) => id)).size).toBe(4);
  });

  it('delivers twice, with one id', async () => {
    const got = await tell(2, { duplicate: 1 });
    expect(got.map(({ subject }) => subject)).toEqual(subjects(0, 0, 1, 1));
    expect(new Set(got.map(({ id }) => id)).size).toBe(2);
  });

  it('gives different events one id', async () => {
    const got = await tell(3, { sameId: 1 });
    expect(got.map(({ subject }) => subject)).toEqual(subjects(0, 1, 2));
    expect(new Set(got.map(({ id }) => id)).size).toBe(1);
  });

  it('delivers the newest first', async () => {
    const got = await tell(4, { reorder: true, delayInMs: 50 });
    expect(got.map(({ subject }) => subject)).toEqual(subjects(3, 2, 1, 0));
  });

  it('delivers late, each at a time of its own', async () => {
    const toldAt = performance.now();
    const got = await tell(30, { delayInMs: 300 });
    expect(got.map(({ subject }) => subject)).not.toEqual(subjects(...Array.from({ length: 30 }, (_, n) => n)));
    expect((got.at(-1)?.at ?? 0) - toldAt).toBeGreaterThan(100);
  });

  it('goes back to what it was when told so', async () => {
    await tell(1, { duplicate: 1, reorder: true });
    const got = await tell(1, { duplicate: 0, reorder: false });
    expect(got).toHaveLength(3);
  });
});
