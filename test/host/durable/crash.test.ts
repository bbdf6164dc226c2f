import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startAzurite, type Azurite } from '../../../lab/azurite/azurite.js';
import { startObserver, type Observer } from '../observer.js';
import { aHubName } from './support/durable-app.js';
import { aGate } from './support/gate.js';
import { aLife, runWithKills, type Life } from './support/lives.js';

// Runs dist/lab/host/main.js: `npm run build` comes first.
describe('Durable Functions in a host that is killed', () => {
  let storage: Azurite;
  let observer: Observer;
  let lives: Life[];
  const live = (hubName: string, workItemVisibility?: string): Life => {
    const life = aLife({
      storage,
      hubName,
      observerUrl: observer.url,
      ...(workItemVisibility === undefined ? {} : { workItemVisibility }),
    });
    lives.push(life);
    return life;
  };

  beforeAll(async () => {
    storage = await startAzurite();
  });
  beforeEach(async () => {
    lives = [];
    observer = await startObserver();
    // The retry of the first generation never succeeds, that of the second does at once: whoever is killed in between.
    observer.reply = ({ input }) => ({ fail: input === 'retry 1' });
  });
  afterEach(async () => {
    for (const { child } of lives) await child.kill();
    await observer.close();
  });
  afterAll(() => storage?.close());

  it(
    'gives the same result as one that is left alone, killed after every eighth write',
    { timeout: 150_000 },
    async () => {
      const run = (every: number) =>
        runWithKills({ storage, hubName: aHubName(), observerUrl: observer.url, every, limitInMs: 70_000 });
      const alone = await run(Infinity);
      expect(alone.kills).toBe(0);
      const killed = await run(8);
      expect(killed.kills).toBeGreaterThan(3);
      expect(killed.output).toEqual(alone.output);
    },
  );

  it('runs a killed activity again only after workItemQueueVisibilityTimeout', async () => {
    const hubName = aHubName();
    const gate = aGate();
    observer.reply = () => gate.opened;
    const first = live(hubName, '00:00:04');
    await (await first.client).start('child', { instanceId: 'one' });
    await observer.count(() => true, 1);
    const client = await live(hubName, '00:00:04').client;
    const begun = performance.now();
    await first.child.kill();
    await observer.count(() => true, 2);
    // It was renewed at the half of its time at the latest.
    expect(performance.now() - begun).toBeGreaterThan(1_900);
    gate.open();
    await client.call('raiseEvent', 'one', 'end', 'twice');
    expect((await client.ended('one')).output).toBe('twice');
  });

  it('takes nothing back from a host that was frozen while another went on', async () => {
    const hubName = aHubName();
    const first = live(hubName);
    await (await first.client).start('child', { instanceId: 'one' });
    await observer.count(() => true, 1);
    const second = await live(hubName).client;
    process.kill(first.child.pid, 'SIGSTOP');
    await second.call('raiseEvent', 'one', 'end', 'elsewhere');
    expect((await second.ended('one')).output).toBe('elsewhere');
    process.kill(first.child.pid, 'SIGCONT');
    const awake = await first.client;
    await expect(awake.call('raiseEvent', 'one', 'end', 'too late')).resolves.toBeNull();
    // What it starts now is run by the other one, or by itself after that: never by both.
    expect((await awake.ended(await awake.start('quadruple', { input: 2 }))).output).toBe(8);
    expect(await second.status('one')).toMatchObject({ runtimeStatus: 'Completed', output: 'elsewhere' });
  });

  it('goes on in the other host when the one that runs the orchestrations is killed', async () => {
    const hubName = aHubName();
    const first = live(hubName);
    await (await first.client).start('child', { instanceId: 'one' });
    await observer.count(() => true, 1);
    const second = await live(hubName).client;
    await first.child.kill();
    await second.call('raiseEvent', 'one', 'end', 'elsewhere');
    expect((await second.ended('one')).output).toBe('elsewhere');
  });
});
