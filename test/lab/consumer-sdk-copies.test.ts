import { createRequire } from 'node:module';
import { RestError } from '@azure/storage-blob';
import type * as StorageBlob from '@azure/storage-blob';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startAzurite, type Azurite } from '../../lab/azurite/azurite.js';
import { readArmState, writeArmState } from '../../src/consumer/arm-state-blob.js';
import { blobLastSeenStore } from '../../src/consumer/last-seen-blob.js';

/** The copy that a CommonJS program of a user loads: other classes than those that this package sees. */
const other = createRequire(import.meta.url)('@azure/storage-blob') as typeof StorageBlob;
const place = { endpoint: 'ns.example', eventHubName: 'events', consumerGroup: '$Default', partitionId: '0' };

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.close());

const aContainer = async (name: string) => {
  const container = other.BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient(name);
  await container.create();
  return container;
};

it('reads and writes the last processed event through another copy of the storage SDK', async () => {
  expect(other.RestError).not.toBe(RestError);
  const store = blobLastSeenStore(await aContainer('last-seen'));
  expect(await store.read(place)).toBeUndefined();
  const seen = { enqueuedAt: new Date(1000), sequenceNumber: 7, generation: 1 };
  await store.write(place, seen);
  expect(await store.read(place)).toEqual(seen);
});

it('reads and writes the generations of ARM through another copy of the storage SDK', async () => {
  const blob = (await aContainer('arm-state')).getBlockBlobClient('hub.json');
  expect(await readArmState(blob, 5000)).toBeUndefined();
  const state = { hub: 'hub' } as unknown as Parameters<typeof writeArmState>[1];
  expect(await writeArmState(blob, state, undefined, 5000)).toBe(true);
  expect(await writeArmState(blob, state, undefined, 5000)).toBe(false);
});

it('tells a refusal of another copy by its status', async () => {
  const gone = other.BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient('not-there');
  const seen = { enqueuedAt: new Date(1000), sequenceNumber: 7, generation: 1 };
  await expect(blobLastSeenStore(gone).write(place, seen)).rejects.toMatchObject({
    code: 'storageRefused',
    serviceCode: 404,
  });
});
