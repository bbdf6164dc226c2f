import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { consumersDocumentSchema, type ConsumersDocument } from '../../src/consumers-document.js';
import { startHostProcess, type HostProcess } from '../../lab/host/process.js';
import { boundInMs, startRelayLab, type RelayLab } from './support/relay-lab.js';

interface App {
  host: HostProcess;
  lines: string[];
  /** How many lines hold this text. */
  count(text: string): number;
  seen(text: string, times?: number): Promise<void>;
}

let world: RelayLab;
const apps: App[] = [];

const startApp = async (more: Record<string, string> = {}): Promise<App> => {
  const lines: string[] = [];
  const host = await startHostProcess({
    settings: {
      ...world.settings,
      FEATURES: 'failover,relay',
      RELAY_SLICE_SECONDS: '2',
      WATCH_STEADY_SECONDS: '1',
      WATCH_FAILOVER_SECONDS: '0.5',
      STATE_REFRESH_MS: '200',
      STATE_MAX_AGE_MS: '2000',
      ...more,
    },
    env: { ...process.env, ...world.lab.description.env, ...world.lab.description.identityEnv },
    onLine: (line) => void lines.push(line),
  });
  const count = (text: string): number => lines.filter((line) => line.includes(text)).length;
  const seen = async (text: string, times = 1): Promise<void> => {
    await vi.waitUntil(() => count(text) >= times, { timeout: boundInMs, interval: 50 });
  };
  const app = { host, lines, count, seen };
  apps.push(app);
  return app;
};

const document = async ({ host }: App): Promise<ConsumersDocument> => {
  const answer = await fetch(`${host.url}/api/consumers/primary?code=${host.functionKey}`);
  return consumersDocumentSchema.parse(await answer.json());
};

beforeAll(async () => {
  world = await startRelayLab();
});
afterAll(async () => {
  for (const { host } of apps) await host.kill();
  await world[Symbol.asyncDispose]();
});

describe('the relay in the Functions app', () => {
  it('runs on while one slice ends and the next begins', async () => {
    const app = await startApp();
    const stop = new AbortController();
    const sending = world.sendUntil(stop.signal);
    await app.seen("Executed 'relaySlice' (Succeeded", 4);
    stop.abort();
    await sending;
    await world.untilAllArrived();
    expect(app.count('relay.started')).toBe(1);
    expect(app.count('relay.stopped')).toBe(0);
  });

  it('follows a failover of the hub, and the watch hears of it: of the first event, and of the end of the old endpoint', async () => {
    const [app] = apps as [App];
    const stop = new AbortController();
    const sending = world.sendUntil(stop.signal);
    // The old endpoint is read and its lag told before the hub is Active, and it stays a while: as in production, nothing new is left to tell.
    const timeline = { activeInMs: 800_000, dataFlowsInMs: 1_600_000 };
    const { done } = world.lab.failover('primary').start(undefined, { timeScale: 0.01, timeline });
    await done;
    world.send(10);
    await vi.waitUntil(async () => (await document(app)).history[0]?.outcome === 'verified', {
      timeout: boundInMs,
      interval: 200,
    });
    stop.abort();
    await sending;
    // Long before the limit of 30 minutes.
    const isRead = async () => (await document(app)).generations[0]?.state === 'stopped';
    await vi.waitUntil(isRead, { timeout: boundInMs, interval: 200 });
    const { positions, history } = await document(app);
    expect(history[0]).toMatchObject({
      detectionInMs: expect.any(Number),
      switchInMs: expect.any(Number),
      dataGapInMs: expect.any(Number),
      duplicates: expect.any(Number),
      leftUnread: 0,
    });
    expect(positions.map(({ consumer, generation }) => [consumer, generation])).toContainEqual(['relay', 2]);
    await world.untilAllArrived();
  });

  it('shares the hub with a second instance, which goes on alone when the first is killed', async () => {
    for (const { host } of apps) await host.kill();
    // One activity on each instance, and nothing but slices: so the second slot's slice can only go to the instance without one.
    const durable = 'AzureFunctionsJobHost__extensions__durableTask__';
    const settings = {
      FEATURES: 'relay',
      [`${durable}hubName`]: 'SlicesOnTwo',
      [`${durable}maxConcurrentActivityFunctions`]: '1',
    };
    const first = await startApp(settings);
    await first.seen('relay.started');
    const second = await startApp(settings);
    await second.seen('relay.started');
    const stop = new AbortController();
    const sending = world.sendUntil(stop.signal);
    await first.host.kill();
    await second.seen("Executed 'relaySlice' (Succeeded", 2);
    stop.abort();
    await sending;
    await world.untilAllArrived();
    expect(second.count('relay.stopped')).toBe(0);
  });
});
