import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startAzurite, type Azurite } from '../../../lab/azurite/azurite.js';
import { drivers } from '../drivers.js';
import { startObserver, type Observer } from '../observer.js';
import { aHubName, startDurableApp, type DurableApp } from './support/durable-app.js';

const gaveUp =
  `The sub-orchestrator function 'broken' failed: "Orchestrator function 'broken' failed: the orchestrator gave up". ` +
  'See the function execution logs for additional details.';

describe('orchestrations in the stand-in', () => {
  let storage: Azurite;
  let observer: Observer;
  let app: DurableApp | undefined;

  beforeAll(async () => {
    storage = await startAzurite();
  });
  beforeEach(async () => {
    observer = await startObserver();
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
    await observer.close();
  });
  afterAll(() => storage?.close());

  it('run activities, fan-outs, retries, sub-orchestrations, timers, events, custom status and generations', async () => {
    observer.reply = ({ input }) => ({ fail: input === 'retry 1' });
    app = await startDurableApp({ storage, observerUrl: observer.url });
    const id = await app.start('everything', { input: { generation: 1, results: [] } });
    for (const generation of [1, 2]) {
      await app.until(
        id,
        ({ customStatus }) => JSON.stringify(customStatus) === JSON.stringify({ generation, at: 'event' }),
      );
      await app.call('raiseEvent', id, 'go', { run: generation });
    }
    expect(await app.ended(id)).toMatchObject({
      runtimeStatus: 'Completed',
      customStatus: { generation: 2, at: 'event' },
      output: [
        { one: 2 },
        { fan: [2, 4, 6] },
        { retry: "Activity function 'tell' failed: told to fail" },
        { sub: 4 },
        { broken: gaveUp },
        { event: { run: 1 } },
        { one: 4 },
        { fan: [2, 4, 6] },
        { retry: 'retry 2' },
        { sub: 8 },
        { broken: gaveUp },
        { event: { run: 2 } },
      ],
    });
    // The sub-orchestrations are instances of their own.
    expect(await app.status(`${id}-sub-2`)).toMatchObject({ name: 'quadruple', input: 2, output: 8 });
  });

  it('tell the history of the generation that runs', async () => {
    app = await startDurableApp({ storage, observerUrl: observer.url });
    const id = await app.start('quadruple', { input: 3 });
    await app.ended(id);
    const { rpcBaseUrl } = (await (await fetch(`${app.url}/api/clientInput`)).json()) as { rpcBaseUrl: string };
    const response = await fetch(`${rpcBaseUrl}instances/${id}?showHistory=true`);
    const { historyEvents } = (await response.json()) as { historyEvents: { EventType: number }[] };
    expect(historyEvents.map(({ EventType }) => EventType)).toEqual([12, 0, 4, 13, 12, 5, 4, 13, 12, 5, 13]);
  });

  it('refuse a task hub name that storage does not take', async () => {
    const start = startDurableApp({ storage, hubName: 'not-a-name' });
    await expect(start).rejects.toMatchObject({ code: 'host.badHostJson' });
  });

  it('refuse an entity trigger by name', async () => {
    const start = drivers[0]!.start({
      fixture: 'durable-entity.mjs',
      settings: { AzureWebJobsStorage: storage.connectionString },
      hostJson: { extensions: { durableTask: { hubName: aHubName() } } },
    });
    await expect(start).rejects.toThrow("'counter': a entityTrigger needs the real host");
  });
});
