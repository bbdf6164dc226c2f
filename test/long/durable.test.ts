import { expect, it } from 'vitest';
import { startAzurite } from '../../lab/azurite/azurite.js';
import { startObserver } from '../host/observer.js';
import { aHubName, startDurableApp } from '../host/durable/support/durable-app.js';
import { runWithKills } from '../host/durable/support/lives.js';

it('an orchestration ends the same, killed (-9) after each history event', async () => {
  const storage = await startAzurite();
  const observer = await startObserver();
  observer.reply = ({ input }) => ({ fail: input === 'retry 1' });
  try {
    const run = (every: number) =>
      runWithKills({ storage, hubName: aHubName(), observerUrl: observer.url, every, limitInMs: 500_000 });
    const alone = await run(Infinity);
    const killed = await run(1);
    expect(killed.output).toEqual(alone.output);
    // Some writes come between the line that asks for the kill and the kill.
    expect(killed.kills).toBeGreaterThan(alone.writes / 3);
  } finally {
    await observer.close();
    await storage.close();
  }
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
