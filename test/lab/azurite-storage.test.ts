import { TableClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';
import { connect } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAzurite, type Azurite } from '../../lab/azurite/azurite.js';

const noRetry = { retryOptions: { maxTries: 1, maxRetries: 0 } };
let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite({ outages: true });
});
afterAll(() => azurite.close());

describe('the storage of the lab', () => {
  it('serves blobs, queues and tables to the official SDKs', async () => {
    const container = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient('things');
    await container.create();
    await container.getBlockBlobClient('b').upload('text', 4);
    expect(String(await container.getBlobClient('b').downloadToBuffer())).toBe('text');

    const queue = QueueServiceClient.fromConnectionString(azurite.connectionString).getQueueClient('orders');
    await queue.create();
    await queue.sendMessage('hello');
    expect((await queue.receiveMessages()).receivedMessageItems[0]?.messageText).toBe('hello');

    const table = TableClient.fromConnectionString(azurite.connectionString, 'rows', { allowInsecureConnection: true });
    await table.createTable();
    await table.createEntity({ partitionKey: 'p', rowKey: 'r', value: 1 });
    expect((await table.getEntity('p', 'r'))['value']).toBe(1);
  });

  it('keeps its data over an outage', async () => {
    const service = BlobServiceClient.fromConnectionString(azurite.connectionString, noRetry);
    // Its pool may still hold connections that the outage cut.
    const patient = BlobServiceClient.fromConnectionString(azurite.connectionString, {
      retryOptions: { maxTries: 5, retryDelayInMs: 10, maxRetryDelayInMs: 50 },
    });
    const content = async () => String(await patient.getContainerClient('kept').getBlobClient('b').downloadToBuffer());
    const blob = service.getContainerClient('kept').getBlockBlobClient('b');
    await service.getContainerClient('kept').create();
    await blob.upload('kept', 4);
    await azurite.outage!.stop();
    await expect(blob.downloadToBuffer()).rejects.toThrow(/ECONNREFUSED|socket hang up/);
    await azurite.outage!.resume();
    expect(await content()).toBe('kept');
    azurite.outage!.setRefusing(true);
    const socket = connect(azurite.ports.blob, '127.0.0.1');
    await once(socket.resume(), 'close');
    azurite.outage!.setRefusing(false);
    expect(await content()).toBe('kept');
  });

  it('runs beside another one, and ends when it is closed', async () => {
    const other = await startAzurite();
    expect(Object.values(other.ports)).not.toEqual(Object.values(azurite.ports));
    const service = BlobServiceClient.fromConnectionString(other.connectionString, noRetry);
    expect(await service.getContainerClient('things').exists()).toBe(false);
    await other.close();
    await expect(service.getProperties()).rejects.toThrow(/ECONNREFUSED|socket hang up/);
    await other.close();
  });
});
