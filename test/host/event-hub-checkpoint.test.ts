import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { drivers, type RunningApp } from './drivers.js';
import { startEventHubLab, type EventHubLab } from './event-hub-lab.js';
import { startObserver, type Observer } from './observer.js';

const event = (text: string) => ({ body: Buffer.from(text) });
const bodies = (input: unknown) =>
  (input as { buffer: string }[]).map(({ buffer }) => Buffer.from(buffer, 'base64').toString());

async function eventually(holds: () => Promise<boolean>, limitInMs = 20_000): Promise<void> {
  const end = Date.now() + limitInMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error('it did not come to pass in time');
    await new Promise((again) => setTimeout(again, 50));
  }
}

describe.each(drivers)('checkpoints of an Event Hub trigger in $name', (driver) => {
  describe.skipIf(!driver.available)('as in the extension', () => {
    let lab: EventHubLab;
    let observer: Observer;
    let app: RunningApp;
    const start = () =>
      driver.start({
        fixture: 'event-hub.mjs',
        settings: { OBSERVER_URL: observer.url, ...lab.settings },
      });

    beforeAll(async () => {
      lab = await startEventHubLab(driver.eventHubsPort);
    });
    afterAll(() => lab?.close());
    beforeEach(async () => {
      lab.renew();
      observer = await startObserver();
      app = await start();
    });
    afterEach(async () => {
      await app?.close();
      await observer?.close();
    });

    it('are written after a batch even if the function failed: its events are lost', async () => {
      observer.reply = () => ({ fail: true });
      await lab.send('binary', [event('lost')]);
      await observer.find(() => true);
      await eventually(async () => (await lab.checkpoint('binary')) === 0);
      await app.close();
      observer.clear();
      app = await start();
      await lab.send('binary', [event('next')]);
      expect(bodies((await observer.find(() => true)).input)).toEqual(['next']);
    });

    it('are held while a retry policy runs, which sees its retryContext, and written when it has ended', async () => {
      observer.reply = () => ({ fail: true });
      await lab.send('retried', [event('a')]);
      const attempts = await observer.count(() => true, 2);
      expect(await lab.checkpoint('retried')).toBeUndefined();
      await lab.send('retried', [event('b')]);
      attempts.push((await observer.count(() => true, 3))[2]!);
      expect(attempts.map(({ retryContext }) => retryContext)).toEqual([
        { retryCount: 0, maxRetryCount: 2 },
        { retryCount: 1, maxRetryCount: 2, exception: expect.objectContaining({ message: 'the target is away' }) },
        { retryCount: 2, maxRetryCount: 2, exception: expect.objectContaining({ message: 'the target is away' }) },
      ]);
      observer.reply = () => ({});
      // The policy has ended: the batch is given up and the partition goes on.
      expect(bodies((await observer.count(() => true, 4))[3]!.input)).toEqual(['b']);
      await eventually(async () => (await lab.checkpoint('retried')) === 1);
    });

    it('are not written when the host is stopping: the batch comes again', async () => {
      let release: (reply: object) => void = () => undefined;
      observer.reply = () =>
        new Promise((done) => {
          release = done;
        });
      await lab.send('binary', [event('again')]);
      await observer.find(() => true);
      const closed = app.close();
      release({});
      await closed;
      expect(await lab.checkpoint('binary')).toBeUndefined();
      observer.clear();
      observer.reply = () => ({});
      app = await start();
      expect(bodies((await observer.find(() => true)).input)).toEqual(['again']);
    });

    it('end a retry policy when the host is stopping', async () => {
      observer.reply = () => ({ fail: true });
      await lab.send('retried', [event('a')]);
      await observer.find(() => true);
      await app.close();
      expect(observer.seen.length).toBeLessThan(3);
      expect(await lab.checkpoint('retried')).toBeUndefined();
    });

    it('let the trigger go on after an outage of the namespace', async () => {
      await lab.send('binary', [event('before')]);
      await observer.find(() => true);
      await eventually(async () => (await lab.checkpoint('binary')) === 0);
      await lab.namespace.stop();
      await new Promise((passed) => setTimeout(passed, 1_500));
      await lab.namespace.resume();
      const resumed = Date.now();
      await lab.send('binary', [event('after')]);
      const seen = await observer.find(({ input }) => bodies(input).includes('after'));
      expect(bodies(seen.input)).toEqual(['after']);
      expect(Date.now() - resumed).toBeLessThan(5_000);
    });

    it('keep the order within a partition when the namespace goes away while a batch runs', async () => {
      let release: (reply: object) => void = () => undefined;
      observer.reply = () =>
        new Promise((done) => {
          release = done;
        });
      await lab.send('binary', [event('a')]);
      await observer.find(() => true);
      await lab.namespace.stop();
      await lab.namespace.resume();
      await lab.send('binary', [event('b')]);
      // The new reader of the partition has its batch by now, and waits.
      await expect(observer.count(() => true, 2, 3_000)).rejects.toThrow('only 1 of 2');
      observer.reply = () => ({});
      release({});
      const seen = await observer.find(({ input }) => bodies(input).includes('b'));
      expect(observer.seen.flatMap(({ input }) => bodies(input)).at(-1)).toBe('b');
      expect(bodies(seen.input).at(-1)).toBe('b');
      await eventually(async () => (await lab.checkpoint('binary')) === 1);
    });
  });
});
