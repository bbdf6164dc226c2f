import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startAzurite, type Azurite } from '../../lab/azurite/azurite.js';
import { createEventGrid, type EventGrid, type EventGridOptions } from '../../lab/event-grid/event-grid.js';
import { aHost, aHub } from './support/event-grid.js';

let storage: Azurite;
let host: ReturnType<typeof aHost>;
let hub: ReturnType<typeof aHub>;
let grid: EventGrid;
let lines: string[];

const containerOf = () =>
  BlobServiceClient.fromConnectionString(storage.connectionString).getContainerClient('event-grid-dead-letters');

const start = async (more: EventGridOptions = {}): Promise<void> => {
  grid = createEventGrid({
    timeScale: 0.001,
    handshakeEveryInMs: 20,
    deadLetter: true,
    storageConnectionString: storage.connectionString,
    log: (line) => lines.push(line),
    ...more,
  });
  grid.subscribe(hub);
  grid.setWebhook({ url: await host.listen() });
  await vi.waitUntil(() => grid.validated, { timeout: 20_000 });
};

/** What the container holds once there is something: blob name and content. */
const untilWritten = async (): Promise<{ name: string; events: Record<string, unknown>[] }[]> =>
  vi.waitFor(
    async () => {
      const found = [];
      for await (const { name } of containerOf().listBlobsFlat()) {
        const content = await containerOf().getBlockBlobClient(name).downloadToBuffer();
        found.push({ name, events: JSON.parse(content.toString()) as Record<string, unknown>[] });
      }
      expect(found).not.toEqual([]);
      return found;
    },
    { timeout: 20_000, interval: 50 },
  );

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$/);

beforeAll(async () => {
  storage = await startAzurite();
});
afterAll(() => storage?.close());
beforeEach(() => {
  lines = [];
  host = aHost();
  hub = aHub();
});
afterEach(async () => {
  await grid.close();
  await host.close();
  await containerOf().deleteIfExists();
});

describe('dead-lettering', () => {
  it('writes events that were refused for ever as one JSON array, with what became of them', async () => {
    await start();
    host.answer(400, 413);
    hub.tell('created', 'd0');
    hub.tell('deleted', 'd1');
    await grid.idle();
    const [blob, ...others] = await untilWritten();
    expect(others).toEqual([]);
    expect(blob?.name).toMatch(/^PRIMARY-HUB\/LAB\/\d{4}\/\d{1,2}\/\d{1,2}\/\d{1,2}\/[0-9a-f-]{36}\.json$/);
    expect(blob?.events).toHaveLength(2);
    expect(blob?.events.find(({ subject }) => subject === 'devices/d0')).toEqual({
      ...host
        .notifications()
        .flatMap(({ events }) => events)
        .find(({ subject }) => subject === 'devices/d0'),
      deadLetterReason: expect.stringMatching(/^UndeliverableDueToHttp(BadRequest|PayloadTooLarge)$/),
      deliveryAttempts: 1,
      lastDeliveryOutcome: expect.stringMatching(/^(BadRequest|PayloadTooLarge)$/),
      publishTime: time,
      lastDeliveryAttemptTime: time,
    });
    expect(grid.counters).toMatchObject({ dropped: 2, delivered: 0 });
    expect(lines.some((line) => line.includes('dead-lettered Microsoft.Devices.DeviceCreated'))).toBe(true);
  });

  it('says in lower case why a CloudEvent was given up', async () => {
    await start({ schema: 'cloudEvents', maxAttempts: 2 });
    host.answerAlways(500);
    hub.tell('created', 'd0');
    const [blob] = await untilWritten();
    expect(blob?.events).toEqual([
      {
        ...host.notifications()[0]?.events[0],
        deadletterreason: 'MaxDeliveryAttemptsExceeded',
        deliveryattempts: 2,
        lastdeliveryoutcome: 'GenericError',
        publishtime: time,
        lastdeliveryattempttime: time,
      },
    ]);
  });

  it('tells an event whose time ran out while it was held back by its probation', async () => {
    // Two minutes to live: the five minutes of probation after 404 outlast them.
    await start({ timeScale: 0.001, timeToLiveInMinutes: 2, parallel: 1 });
    host.answerAlways(404);
    for (let n = 0; n < 10; n += 1) hub.tell('created', `old-${n}`);
    await vi.waitUntil(() => host.notifications().length >= 10, { timeout: 20_000 });
    hub.tell('created', 'new');
    await grid.idle();
    const events = (await untilWritten()).flatMap((blob) => blob.events);
    expect(events.find(({ subject }) => subject === 'devices/new')).toMatchObject({
      deadLetterReason: 'TimeToLiveExceeded',
      deliveryAttempts: 0,
      lastDeliveryOutcome: 'Probation',
    });
  });

  it('is off unless asked for', async () => {
    await start({ deadLetter: false });
    host.answer(400);
    hub.tell('created', 'd0');
    await grid.idle();
    expect(lines).toContain(
      'event grid: dropped Microsoft.Devices.DeviceCreated of devices/d0 after 1 attempts: BadRequest',
    );
    expect(await containerOf().exists()).toBe(false);
  });
});
