import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startAzurite, type Azurite } from '../../../lab/azurite/azurite.js';
import { startObserver, type Observer } from '../observer.js';
import { aHubName, startDurableApp, type DurableApp } from './support/durable-app.js';
import { aGate } from './support/gate.js';

interface CountedApp extends DurableApp {
  /** How often this host ran the activity `tell` to its end. */
  told(): number;
}

describe('activities of two hosts with the slots that they have by default', () => {
  let storage: Azurite;
  let observer: Observer;
  let hosts: CountedApp[];
  const aHost = async (hubName: string): Promise<CountedApp> => {
    const lines: string[] = [];
    const app = await startDurableApp({ storage, hubName, log: (line) => lines.push(line), observerUrl: observer.url });
    const told = () => lines.filter((line) => line.startsWith(`Executed 'tell' (Succeeded`)).length;
    const host = { ...app, told };
    hosts.push(host);
    return host;
  };
  /** Two hosts that share what there is to do by now. */
  const twoHosts = async (): Promise<[CountedApp, CountedApp]> => {
    const hubName = aHubName();
    const both: [CountedApp, CountedApp] = [await aHost(hubName), await aHost(hubName)];
    await expect
      .poll(
        async () => {
          await both[0].ended(await both[0].start('fanOut', { input: 4 }));
          return both.every((host) => host.told() > 0);
        },
        { timeout: 20_000 },
      )
      .toBe(true);
    return both;
  };

  beforeAll(async () => {
    storage = await startAzurite();
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

  it('run on both, though one has slots for all of them', async () => {
    const both = await twoHosts();
    const before = both.map((host) => host.told());
    await both[0].ended(await both[0].start('fanOut', { input: 20 }));
    const ran = both.map((host, index) => host.told() - before[index]!);
    expect(ran[0]! + ran[1]!).toBe(20);
    for (const each of ran) expect(each).toBeGreaterThan(0);
  });

  it('come to be on one each, when there are two long ones: as slots of the relay do', async () => {
    const both = await twoHosts();
    const split = async (): Promise<number[]> => {
      const before = both.map((host) => host.told());
      const gate = aGate();
      observer.clear();
      observer.reply = () => gate.opened;
      const id = await both[0].start('fanOut', { input: 2 });
      await observer.count(() => true, 2);
      gate.open();
      await both[0].ended(id);
      return both.map((host, index) => host.told() - before[index]!);
    };
    await expect.poll(split, { timeout: 20_000 }).toEqual([1, 1]);
  });

  it('stay on the one that is left when the other closes', async () => {
    const [first, second] = await twoHosts();
    await second.close();
    const before = first.told();
    await first.ended(await first.start('fanOut', { input: 4 }));
    expect(first.told() - before).toBe(4);
  });
});
