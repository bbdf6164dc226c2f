import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAzurite, type Azurite } from '../../lab/azurite/azurite.js';
import { startObserver, type Observer } from '../host/observer.js';
import { aHubName, startDurableApp } from '../host/durable/support/durable-app.js';
import { runWithKills, type DieAt, type KilledRun } from '../host/durable/support/lives.js';

describe('an orchestration ends the same, with the same children, each run once', () => {
  let storage: Azurite;
  let observer: Observer;
  let alone: KilledRun;
  const run = (dieAt: (life: number) => DieAt | undefined, limitInMs = 60_000) =>
    runWithKills({ storage, hubName: aHubName(), observerUrl: observer.url, dieAt, limitInMs });

  beforeAll(async () => {
    storage = await startAzurite();
    observer = await startObserver();
    observer.reply = ({ input }) => ({ fail: input === 'retry 1' });
    alone = await run(() => undefined);
  });
  afterAll(async () => {
    await observer.close();
    await storage.close();
  });

  it.each(['before', 'after'] as const)(
    'killed (-9) %s its n-th write, for each n',
    { timeout: 1_200_000 },
    async (when) => {
      let n = 0;
      let over = false;
      const next = async (): Promise<void> => {
        while (!over) {
          const dieAt: DieAt = `${when}:${(n += 1)}`;
          const { kills, ...killed } = await run((life) => (life === 0 ? dieAt : undefined));
          // It ended before it made so many writes.
          if (kills === 0) over = true;
          expect({ dieAt, ...killed }).toEqual({ dieAt, output: alone.output, children: alone.children, doneOver: [] });
        }
      };
      await Promise.all([next(), next()]);
      expect(n).toBeGreaterThan(40);
    },
  );

  it('killed (-9) after each write', async () => {
    const { kills, ...killed } = await run(() => 'after:1', 500_000);
    expect(kills).toBeGreaterThan(40);
    expect(killed).toEqual({ output: alone.output, children: alone.children, doneOver: [] });
  });
});

it.each(['refuses', 'hangs'])('storage that %s for 20 s loses nothing', async (how) => {
  const storage = await startAzurite({ outages: true });
  const observer = await startObserver();
  const app = await startDurableApp({ storage, observerUrl: observer.url });
  try {
    const id = await app.start('rounds', { input: 100 });
    await app.until(id, ({ runtimeStatus }) => runtimeStatus === 'Running');
    if (how === 'hangs') process.kill(storage.pid, 'SIGSTOP');
    else await storage.outage!.stop();
    await new Promise((over) => setTimeout(over, 20_000));
    if (how === 'hangs') process.kill(storage.pid, 'SIGCONT');
    else await storage.outage!.resume();
    expect((await app.ended(id, 60_000)).runtimeStatus).toBe('Completed');
  } finally {
    await app.close();
    await observer.close();
    await storage.close();
  }
});
