import { QueueServiceClient, type QueueClient } from '@azure/storage-queue';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startAzurite, type Azurite } from '../../lab/azurite/azurite.js';
import { drivers, type RunningApp } from './drivers.js';
import { startObserver, type Observer } from './observer.js';

const hostJson = {
  version: '2.0',
  extensions: {
    queues: {
      maxPollingInterval: '00:00:00.500',
      visibilityTimeout: '00:00:01',
      batchSize: 4,
      newBatchThreshold: 2,
      maxDequeueCount: 3,
    },
  },
};
const encoded = (text: string) => Buffer.from(text).toString('base64');

async function eventually<T>(read: () => Promise<T | undefined>, limitInMs = 20_000): Promise<T> {
  const end = Date.now() + limitInMs;
  for (;;) {
    const value = await read();
    if (value !== undefined) return value;
    if (Date.now() > end) throw new Error('it did not come to pass in time');
    await new Promise((again) => setTimeout(again, 50));
  }
}

describe.each(drivers)('a queue trigger in $name', (driver) => {
  describe.skipIf(!driver.available)('as in the extension', () => {
    let azurite: Azurite;
    let observer: Observer;
    let app: RunningApp;
    let service: QueueServiceClient;
    let queue: QueueClient;
    let poison: QueueClient;
    const isEmpty = async () => ((await queue.getProperties()).approximateMessagesCount === 0 ? true : undefined);

    beforeAll(async () => {
      azurite = await startAzurite();
      observer = await startObserver();
      service = QueueServiceClient.fromConnectionString(azurite.connectionString);
      queue = service.getQueueClient('work-items');
      poison = service.getQueueClient('work-items-poison');
      await queue.create();
      app = await driver.start({
        fixture: 'queue.mjs',
        hostJson,
        // The lease of the stand-in is short so that its renewal shows.
        tuning: { queueLeaseInMs: 2_000 },
        settings: {
          OBSERVER_URL: observer.url,
          WORK_QUEUE: 'work-items',
          AzureWebJobsStorage: azurite.connectionString,
        },
      });
    });
    afterEach(async () => {
      observer.clear();
      observer.reply = () => ({});
      await queue.clearMessages();
    });
    afterAll(async () => {
      await app?.close();
      await observer?.close();
      await azurite?.close();
    });

    it('waits for a queue that does not exist yet, then deletes a message after success', async () => {
      const late = service.getQueueClient('late-items');
      await late.create();
      await late.sendMessage(encoded('{"deviceId":"d1","attempt":1}'));
      expect((await observer.find(() => true)).input).toEqual({ deviceId: 'd1', attempt: 1 });
      await eventually(async () => ((await late.getProperties()).approximateMessagesCount === 0 ? true : undefined));
    });

    it('gives the metadata of the message', async () => {
      const { messageId } = await queue.sendMessage(encoded('text that is not JSON'));
      const { input, triggerMetadata } = await observer.find(() => true);
      expect(input).toBe('text that is not JSON');
      expect(triggerMetadata).toEqual({
        id: messageId,
        dequeueCount: 1,
        queueTrigger: 'text that is not JSON',
        popReceipt: expect.any(String),
        insertionTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00$/),
        expirationTime: expect.stringMatching(/\+00:00$/),
        nextVisibleTime: expect.stringMatching(/\+00:00$/),
      });
    });

    it('makes a failed message visible after visibilityTimeout, and moves it to the poison queue at the third failure', async () => {
      observer.reply = () => ({ fail: true });
      await queue.sendMessage(encoded('{"n":1}'));
      const tries = await observer.count(() => true, 3);
      expect(tries.map(({ triggerMetadata }) => triggerMetadata?.['dequeueCount'])).toEqual([1, 2, 3]);
      const [moved] = await eventually(async () => {
        const { peekedMessageItems } = await poison.peekMessages().catch(() => ({ peekedMessageItems: [] }));
        return peekedMessageItems.length > 0 ? peekedMessageItems : undefined;
      });
      expect(moved?.messageText).toBe(encoded('{"n":1}'));
      await eventually(isEmpty);
      expect(observer.seen).toHaveLength(3);
      await poison.clearMessages();
    });

    it('moves a message that is not base64 to the poison queue without running the function', async () => {
      await queue.sendMessage('not base64!');
      await eventually(async () => {
        const { peekedMessageItems } = await poison.peekMessages().catch(() => ({ peekedMessageItems: [] }));
        return peekedMessageItems.length > 0 ? true : undefined;
      });
      expect(observer.seen).toEqual([]);
      await poison.clearMessages();
    });

    it('keeps a message invisible for as long as its function runs', async () => {
      let release: (reply: object) => void = () => undefined;
      observer.reply = () =>
        new Promise((done) => {
          release = done;
        });
      await queue.sendMessage(encoded('long'));
      await observer.find(() => true);
      // Longer than the lease: without a renewal the message would be received again.
      await expect(observer.count(() => true, 2, 4_000)).rejects.toThrow('only 1 of 2');
      release({});
      await eventually(isEmpty);
    });

    it('runs at most batchSize + newBatchThreshold messages at once', async () => {
      const releases: (() => void)[] = [];
      observer.reply = () =>
        new Promise((done) => {
          releases.push(() => done({}));
        });
      for (let n = 0; n < 12; n += 1) await queue.sendMessage(encoded(String(n)));
      // However the messages were spread over the first two fetches: never more than 4 + 2.
      await observer.count(() => true, 3);
      await expect(observer.count(() => true, 7, 1_500)).rejects.toThrow(/only [3-6] of 7/);
      observer.reply = () => ({});
      releases.forEach((release) => release());
      await observer.count(() => true, 12);
      await eventually(isEmpty);
    });
  });
});
