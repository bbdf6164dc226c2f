import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { coveredBy, readCheckpoints, repeatsIn } from './support/relay-checkpoints.js';
import { boundInMs, numberOf, startRelayLab, startRelayProcess, type RelayLab } from './support/relay-lab.js';
import { startWatchServer, type WatchServer } from './support/watch-server.js';

// One laboratory for all: each test begins where the one before has left the hub, the target and the checkpoints.
let world: RelayLab;
let watch: WatchServer;

beforeAll(async () => {
  world = await startRelayLab();
  watch = await startWatchServer(world.hub, world.lab.failover('primary').endpoint);
});
afterAll(async () => {
  await watch[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

const startAlone = (settings: Record<string, string> = {}) =>
  startRelayProcess(world, { RELAY_APP_URL: watch.url, RELAY_APP_KEY: 'key', ...settings });

describe('the relay as a plain process', () => {
  it('forwards everything in order per device, tells its progress and ends cleanly on SIGTERM', async () => {
    world.send(50);
    await using relay = startAlone();
    await world.untilAllArrived();
    const [first] = world.arrived.events;
    expect(first?.properties).toMatchObject({
      kind: 'count',
      'relay-hub': world.hub,
      'relay-generation': '1',
      'relay-endpoint': world.lab.failover('primary').endpoint.hostName,
      'iothub-message-source': 'Telemetry',
    });
    await vi.waitUntil(() => watch.told.some(({ consumer, first }) => consumer === 'relay' && first), boundInMs);
    world.send(5);
    await world.untilAllArrived();
    expect(await relay.terminate()).toEqual({ code: 0, signal: null });
    expect(relay.events('relay.stopped')).toMatchObject([{ reason: 'SIGTERM' }]);
    expect(relay.events('relay.health').at(-1)).toMatchObject({ forwarded: 440, parked: 0 });
    expect(relay.lines.join('\n')).not.toContain('SharedAccessKey');
  });

  it('goes on after that where it ended, with nothing twice; waits for a target that is away, and parks nothing', async () => {
    world.send(20);
    await using relay = startAlone();
    expect(await world.untilAllArrived()).toEqual({ duplicates: 0 });
    await world.lab.namespace.stop();
    world.send(100);
    await relay.waitForEvent('relay.held');
    await world.lab.namespace.resume();
    await world.untilAllArrived();
    expect(relay.events('event.parked')).toEqual([]);
    await relay.terminate();
  });

  it('killed -9 in the middle, the next one loses and reorders nothing, and repeats only what no checkpoint covered', async () => {
    const { AzureWebJobsStorage: storage = '' } = world.settings;
    const before = world.arrived.events.length;
    const arrivedSince = () => world.arrived.events.slice(before);
    const stop = new AbortController();
    const first = startAlone();
    const sending = world.sendUntil(stop.signal);
    // It writes checkpoints, and is past them again.
    const covered = async () => coveredBy(await readCheckpoints(storage), arrivedSince()).length;
    await vi.waitUntil(async () => (await covered()) > 200, { timeout: boundInMs, interval: 200 });
    const far = world.arrived.events.length + 200;
    await vi.waitUntil(() => world.arrived.events.length > far, boundInMs);
    await first.kill();
    const checkpoints = await readCheckpoints(storage);
    await using second = startAlone();
    await second.waitForEvent('relay.started');
    stop.abort();
    await sending;
    await world.untilAllArrived();
    expect(coveredBy(checkpoints, arrivedSince()).length).toBeGreaterThan(200);
    expect(coveredBy(checkpoints, repeatsIn(arrivedSince()))).toEqual([]);
    await second.terminate();
  });

  it('follows the hub to its new endpoint', async () => {
    await using relay = startAlone();
    const [device = ''] = Object.keys(world.sent);
    const from = world.sent[device] ?? 0;
    const failover = world.lab.failover('primary');
    const before = failover.endpoint.hostName;
    const { done } = failover.start(undefined, { timeScale: 0.005 });
    await done;
    watch.moveTo(failover.endpoint);
    world.send(10);
    await world.untilAllArrived();
    const late = world.arrived.events.filter((event) => numberOf(event) >= from);
    expect(failover.endpoint.hostName).not.toBe(before);
    expect(new Set(late.map(({ properties }) => properties?.['relay-endpoint']))).toEqual(
      new Set([failover.endpoint.hostName]),
    );
    expect(new Set(late.map(({ properties }) => properties?.['relay-generation']))).toEqual(new Set(['2']));
    expect(relay.events('event.parked')).toEqual([]);
  });

  it('does not start without a target, and says so', async () => {
    await using relay = startAlone({ RELAY_TARGET: '' });
    await relay.waitForEvent('defect');
    expect(relay.events('defect')).toMatchObject([{ code: 'invalidSettings' }]);
  });
});
