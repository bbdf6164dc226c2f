import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startAzurite, type Azurite } from '../../../lab/azurite/azurite.js';
import { startObserver, type Observer } from '../observer.js';
import { aHubName } from './support/durable-app.js';
import { aGate } from './support/gate.js';
import { aLife, runWithKills, type DieAt, type KilledRun, type Life } from './support/lives.js';

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

  describe('ends as one that is left alone does, with the same children, each run once', () => {
    let alone: KilledRun;
    const run = (dieAt: (life: number) => DieAt | undefined) =>
      runWithKills({ storage, hubName: aHubName(), observerUrl: observer.url, dieAt, limitInMs: 60_000 });

    beforeAll(async () => {
      observer = await startObserver();
      observer.reply = ({ input }) => ({ fail: input === 'retry 1' });
      alone = await run(() => undefined);
      await observer.close();
    });

    it('when it is left alone', () => {
      expect(alone).toMatchObject({ kills: 0, doneOver: [] });
      expect(alone.children.map(({ name, generation, status }) => [generation, name, status])).toEqual([
        [0, 'quadruple', 'Completed'],
        [0, 'broken', 'Failed'],
        [1, 'quadruple', 'Completed'],
        [1, 'broken', 'Failed'],
      ]);
    });

    // A sample; all of them in test/long/durable.test.ts.
    it.each<DieAt>(['after:1', 'before:4', 'after:13', 'before:22', 'after:27'])(
      'killed at its write %s',
      async (dieAt) => {
        expect(await run((life) => (life === 0 ? dieAt : undefined))).toEqual({ ...alone, kills: 1 });
      },
    );

    it('killed again and again', async () => {
      const { kills, ...killed } = await run(() => 'before:10');
      expect(kills).toBeGreaterThan(3);
      expect(killed).toEqual({ output: alone.output, children: alone.children, doneOver: [] });
    });
  });

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
