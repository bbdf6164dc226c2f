import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startAzurite, type Azurite } from '../../../lab/azurite/azurite.js';
import { startObserver, type Observer } from '../observer.js';
import { aHubName, startDurableApp, type DurableApp } from './support/durable-app.js';
import { aGate } from './support/gate.js';

interface LoggedApp extends DurableApp {
  readonly lines: string[];
  /** How often this host ran a function. */
  ran(name: string): number;
}

describe('two hosts on one task hub', () => {
  let storage: Azurite;
  let observer: Observer;
  let hosts: LoggedApp[];
  const aHost = async (hubName: string, durableTask: object = {}): Promise<LoggedApp> => {
    const lines: string[] = [];
    const log = (line: string) => lines.push(line);
    const app = await startDurableApp({ storage, hubName, durableTask, log, observerUrl: observer.url });
    const ran = (name: string) => lines.filter((line) => line.startsWith(`Executed '${name}' (Succeeded`)).length;
    const host = { ...app, lines, ran };
    hosts.push(host);
    return host;
  };
  /** Waits until the host runs the orchestrations of its task hub. */
  const owns = async ({ lines }: LoggedApp): Promise<void> => {
    const said = () => lines.some((line) => line.includes('this host runs the orchestrations'));
    await expect.poll(said, { timeout: 10_000 }).toBe(true);
  };
  /** The first runs the orchestrations. */
  const twoHosts = async (durableTask: object = {}): Promise<[LoggedApp, LoggedApp]> => {
    const hubName = aHubName();
    const first = await aHost(hubName, durableTask);
    await owns(first);
    return [first, await aHost(hubName, durableTask)];
  };

  beforeAll(async () => {
    storage = await startAzurite({ outages: true });
  });
  beforeEach(async () => {
    hosts = [];
    observer = await startObserver();
  });
  afterEach(async () => {
    await Promise.all(hosts.map((host) => host.close()));
    await observer.close();
  });
  afterAll(() => storage?.close());

  it('never run one orchestration twice at once: one of them runs all, whoever is asked', async () => {
    const [first, second] = await twoHosts();
    const ids = await Promise.all(
      [first, second, first, second].map((host, index) => host.start('child', { instanceId: `child-${index}` })),
    );
    await observer.count(() => true, ids.length);
    for (const [index, id] of ids.entries()) await hosts[index % 2]!.call('raiseEvent', id, 'end', index);
    for (const [index, id] of ids.entries()) {
      expect(await hosts[(index + 1) % 2]!.ended(id)).toMatchObject({ runtimeStatus: 'Completed', output: index });
    }
    // The start, the activity, the event: each came once, to one host.
    expect(first.ran('child')).toBe(3 * ids.length);
    expect(second.ran('child')).toBe(0);
  });

  it('start one instance of an id, when both are asked at once', async () => {
    const both = await twoHosts();
    const started = await Promise.allSettled(both.map((host) => host.start('child', { instanceId: 'only' })));
    expect(started.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    await both[0].call('terminate', 'only', 'enough');
    expect(await both[1].ended('only')).toMatchObject({ runtimeStatus: 'Terminated' });
  });

  it('share activities: what exceeds the slots of one runs on the other', async () => {
    const gate = aGate();
    observer.reply = () => gate.opened;
    const both = await twoHosts({ maxConcurrentActivityFunctions: 1 });
    const ids = await Promise.all(['a', 'b', 'c'].map((instanceId) => both[0].start('child', { instanceId })));
    await observer.count(() => true, 2);
    gate.open();
    await observer.count(() => true, 3);
    for (const id of ids) await both[1].call('raiseEvent', id, 'end');
    for (const id of ids) await both[1].ended(id);
    expect(both.map((host) => host.ran('tell')).toSorted((one, other) => one - other)).toEqual([1, 2]);
  });

  it('hand over at once when the one that runs the orchestrations is closed', async () => {
    const [first, second] = await twoHosts();
    await first.start('child', { instanceId: 'moves' });
    await observer.count(() => true, 1);
    await first.close();
    await owns(second);
    await second.call('raiseEvent', 'moves', 'end', 'on the other');
    expect((await second.ended('moves')).output).toBe('on the other');
    expect(observer.seen).toHaveLength(1);
  });

  it('lose nothing while storage is away for longer than their lease', async () => {
    const gate = aGate();
    const [first, second] = await twoHosts();
    observer.reply = ({ input }) => (input === 'child during' ? gate.opened : {});
    await first.start('child', { instanceId: 'waits' });
    await first.start('child', { instanceId: 'during' });
    await first.start('timers', { instanceId: 'timer', input: [1000, 1000] });
    await observer.count(() => true, 2);
    await storage.outage!.stop();
    const raised = second.call('raiseEvent', 'waits', 'end', 'sent into the outage');
    gate.open();
    // Longer than the lease of 1 s: any of them may go on.
    await new Promise((over) => setTimeout(over, 3_000));
    await storage.outage!.resume();
    await raised;
    await second.call('raiseEvent', 'during', 'end', 'after it');
    expect((await second.ended('waits')).output).toBe('sent into the outage');
    expect((await first.ended('during')).output).toBe('after it');
    expect((await first.ended('timer')).runtimeStatus).toBe('Completed');
  });
});
