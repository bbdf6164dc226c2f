import { QueueServiceClient } from '@azure/storage-queue';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAzurite, type Azurite } from '../../../lab/azurite/azurite.js';
import { createControlQueue, type Control } from '../../../lab/host/durable/control-queue.js';
import { createHubQueue } from '../../../lab/host/durable/hub-queue.js';
import { hubContainer } from '../../../lab/host/durable/instance-store.js';
import { createLargeMessages } from '../../../lab/host/durable/large-messages.js';
import { aHubName } from './support/durable-app.js';

describe('the control queue of a task hub', () => {
  let storage: Azurite;
  const ender = new AbortController();
  const aQueue = async () => {
    const hubName = aHubName();
    const container = hubContainer(storage.connectionString, hubName);
    const client = QueueServiceClient.fromConnectionString(storage.connectionString).getQueueClient(
      `${hubName.toLowerCase()}-control`,
    );
    await Promise.all([container.createIfNotExists(), client.createIfNotExists()]);
    return createControlQueue(createHubQueue(client, createLargeMessages(container), ender.signal));
  };

  beforeAll(async () => {
    storage = await startAzurite();
  });
  afterAll(async () => {
    ender.abort();
    await storage?.close();
  });

  it.each([
    ['small', 'x'],
    ['large', 'x'.repeat(100_000)],
  ])('keeps a %s message for the next host when the one that got it is not the owner any more', async (_, input) => {
    const queue = await aQueue();
    const message = { id: 'm', instanceId: 'i', kind: 'event', name: 'end', input: JSON.stringify(input) } as const;
    await queue.send({ message });
    const seen: Control[] = [];
    const take = (taken: boolean) =>
      queue.poll((what) => {
        seen.push(what);
        return Promise.resolve(taken);
      });
    expect(await take(false)).toBe(true);
    // At once: long before the claim of the first is over.
    expect(await take(true)).toBe(true);
    expect(await take(true)).toBe(false);
    expect(seen).toEqual([{ message }, { message }]);
  });

  it('keeps a message whose taking failed', async () => {
    const queue = await aQueue();
    await queue.send({ adopt: 'i' });
    await expect(queue.poll(() => Promise.reject(new Error('no lease')))).rejects.toThrow('no lease');
    await expect.poll(() => queue.poll(() => Promise.resolve(true)), { timeout: 10_000 }).toBe(true);
  });
});
