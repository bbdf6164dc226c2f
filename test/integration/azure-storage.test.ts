import { TableClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAzurite, type Azurite } from '../../lab/azurite/azurite.js';
import { createStorage, type Storage } from '../../src/azure/storage/storage.js';
import type { IdentityKey } from '../../src/hub-model.js';
import type { LedgerEntry } from '../../src/registry/ports.js';
import type { ParkedItem } from '../../src/twin/ports.js';

const hubNames = { primary: 'p-lab', secondary: 's-lab' };
let azurite: Azurite;
let storage: Storage;

beforeAll(async () => {
  azurite = await startAzurite({ outages: true });
  storage = createStorage({ kind: 'connectionString', value: azurite.connectionString }, { hubNames });
});
afterAll(() => azurite.close());

const anEntry = (key: IdentityKey, more: Partial<LedgerEntry> = {}): LedgerEntry => ({
  key,
  state: 'copied',
  sourceGenerationId: 'g-source',
  targetGenerationId: 'g-target',
  copiedAt: new Date('2026-11-01T10:00:00.123Z'),
  ...more,
});

describe('the ledger', () => {
  it('is empty until something is copied, whatever else its table holds', async () => {
    const fresh = createStorage(
      { kind: 'connectionString', value: azurite.connectionString },
      { hubNames: { primary: 'fresh-p', secondary: 'fresh-s' } },
    );
    expect(await fresh.ledger.isEmpty()).toBe(true);
    await fresh.ledger.markDirty('primary', { deviceId: 'marked' }, 'lifecycle', new Date(), new Date());
    expect(await fresh.ledger.isEmpty()).toBe(true);
    await fresh.ledger.write('secondary', anEntry({ deviceId: 'copied' }));
    expect(await fresh.ledger.isEmpty()).toBe(false);
  });

  it('keeps what was written, with its dates', async () => {
    const key = { deviceId: 'ledger-1' };
    const deleteAfter = new Date('2026-11-01T11:00:00.456Z');
    const written = await storage.ledger.write(
      'primary',
      anEntry(key, {
        state: 'pendingDelete',
        deleteAfter,
        sourceVersion: 7,
        stateAt: deleteAfter,
        targetEtag: 'MQ==',
        writing: '0a1b2',
        kept: 'foreign',
      }),
    );
    expect(await storage.ledger.read('primary', key)).toEqual(written);
    expect(written.deleteAfter).toEqual(deleteAfter);
    expect(await storage.ledger.read('secondary', key)).toBeUndefined();
  });

  it('names other devices that were copied, those beside one first', async () => {
    const { ledger } = createStorage(
      { kind: 'connectionString', value: azurite.connectionString },
      { hubNames: { primary: 'others-p', secondary: 'others-s' } },
    );
    expect(await ledger.others('primary', { deviceId: 'c' }, 2)).toEqual([]);
    for (const deviceId of ['a', 'b', 'c', 'd']) await ledger.write('primary', anEntry({ deviceId }));
    await ledger.write('primary', anEntry({ deviceId: 'e', moduleId: 'm' }));
    await ledger.write('primary', anEntry({ deviceId: 'f' }, { state: 'tombstone' }));
    await ledger.write('secondary', anEntry({ deviceId: 'g' }));
    const ids = async (limit: number) =>
      (await ledger.others('primary', { deviceId: 'c' }, limit)).map(({ deviceId }) => deviceId);
    expect(await ids(1)).toEqual(['d']);
    expect((await ids(9)).toSorted()).toEqual(['a', 'b', 'd']);
  });

  it('lists kept copies until they are released', async () => {
    const { kept } = storage.ledger;
    const since = new Date('2026-11-01T11:00:00.456Z');
    const module = { deviceId: "a#b?c%d+e_f'g*h", moduleId: 'm' };
    await kept.release('primary', module);
    await kept.keep('primary', { deviceId: 'k' }, 'foreign', since);
    await kept.keep('primary', { deviceId: 'k' }, 'dpsMove', since);
    await kept.keep('secondary', module, 'dpsMove', since);
    expect(await kept.list()).toEqual({
      counts: { dpsMove: 2 },
      first: [
        { source: 'primary', key: { deviceId: 'k' }, reason: 'dpsMove', since },
        { source: 'secondary', key: module, reason: 'dpsMove', since },
      ],
    });
    await kept.release('primary', { deviceId: 'k' });
    expect((await kept.list()).counts).toEqual({ dpsMove: 1 });
    await kept.release('secondary', module);
  });

  it('keeps apart ids of every kind: case, signs of URLs and keys, modules', async () => {
    const keys: IdentityKey[] = [
      { deviceId: 'Case' },
      { deviceId: 'case' },
      { deviceId: "a#b?c%d+e_f'g*h" },
      { deviceId: "a#b?c%d+e_f'g*h", moduleId: '$edgeAgent' },
      { deviceId: 'a', moduleId: 'b_7ec' },
      { deviceId: 'a_7eb', moduleId: 'c' },
      { deviceId: '#'.repeat(128), moduleId: '?'.repeat(128) },
    ];
    for (const [index, key] of keys.entries()) {
      await storage.ledger.write('primary', anEntry(key, { sourceGenerationId: `g-${index}` }));
    }
    for (const [index, key] of keys.entries()) {
      expect((await storage.ledger.read('primary', key))?.sourceGenerationId).toBe(`g-${index}`);
    }
  });

  it('refuses a second insert, a stale ETag and an entry that is gone, with storageConflict', async () => {
    const key = { deviceId: 'ledger-2' };
    const first = await storage.ledger.write('primary', anEntry(key));
    await expect(storage.ledger.write('primary', anEntry(key))).rejects.toMatchObject({ code: 'storageConflict' });
    const second = await storage.ledger.write('primary', { ...first, state: 'tombstone' });
    await expect(storage.ledger.write('primary', first)).rejects.toMatchObject({ code: 'storageConflict' });
    expect((await storage.ledger.read('primary', key))?.state).toBe('tombstone');
    const gone = { ...second, key: { deviceId: 'ledger-gone' } };
    await expect(storage.ledger.write('primary', gone)).rejects.toMatchObject({ code: 'storageConflict' });
  });

  it('names a row that is not ours', async () => {
    const table = TableClient.fromConnectionString(azurite.connectionString, 'standbyledger', {
      allowInsecureConnection: true,
    });
    await storage.ledger.read('primary', { deviceId: 'any' });
    await table.createEntity({ partitionKey: 'p-lab', rowKey: 'strange', state: 'unheard' });
    await expect(storage.ledger.read('primary', { deviceId: 'strange' })).rejects.toMatchObject({
      code: 'storageRefused',
      retryable: false,
    });
  });
});

describe('positions of partitions', () => {
  const name = 'ns.servicebus.windows.net/devicetwin/$Default/3';
  const reached = { from: '0', to: '9007199254740993', enqueuedAt: new Date('2026-11-01T10:00:00.123Z') };

  it('are kept whole, each partition by itself, and are no sign of a copy', async () => {
    const { positions } = storage;
    expect(await positions.read(name)).toBeUndefined();
    const claimed = await positions.write(name, { owner: 'one', isBusy: true });
    expect(await positions.read(name)).toEqual(claimed);
    const written = await positions.write(name, { ...claimed, isBusy: false, reached });
    expect(await positions.read(name)).toEqual(written);
    expect(written).toMatchObject({ owner: 'one', isBusy: false, reached });
    expect(await positions.read(`${name}1`)).toBeUndefined();
  });

  it('are written by compare-and-set: a second claim, a stale one and one of a row that is gone are refused', async () => {
    const { positions } = storage;
    const first = await positions.write('p/e/c/1', { owner: 'one', isBusy: true });
    await expect(positions.write('p/e/c/1', { owner: 'two', isBusy: true })).rejects.toMatchObject({
      code: 'storageConflict',
    });
    await positions.write('p/e/c/1', { ...first, owner: 'two' });
    await expect(positions.write('p/e/c/1', { ...first, reached })).rejects.toMatchObject({ code: 'storageConflict' });
    await expect(positions.write('p/e/c/9', { ...first })).rejects.toMatchObject({ code: 'storageConflict' });
    expect(await positions.read('p/e/c/1')).toMatchObject({ owner: 'two' });
  });
});

describe('dirty marks', () => {
  it('are counted, and cleared by whoever has read the last one', async () => {
    const key = { deviceId: 'dirty-1', moduleId: 'm' };
    const at = new Date('2026-11-01T12:00:00.000Z');
    const before = await storage.ledger.countDirty();
    await storage.ledger.markDirty('primary', key, 'lifecycle', at, at);
    await storage.ledger.markDirty('secondary', key, 'holdLimit', at, at);
    expect(await storage.ledger.countDirty()).toBe(before + 2);

    const old = await storage.ledger.readDirty('primary', key);
    expect(old).toMatchObject({ key, reason: 'lifecycle', since: at });
    await storage.ledger.markDirty('primary', key, 'sourceUnreadable', at, at);
    expect(await storage.ledger.clearDirty('primary', old!)).toBe(false);
    const renewed = await storage.ledger.readDirty('primary', key);
    expect(renewed?.reason).toBe('sourceUnreadable');
    expect(await storage.ledger.clearDirty('primary', renewed!)).toBe(true);
    expect(await storage.ledger.readDirty('primary', key)).toBeUndefined();
    expect(await storage.ledger.clearDirty('primary', renewed!)).toBe(true);
    expect(await storage.ledger.countDirty()).toBe(before + 1);
  });

  it('are found when they are overdue, by direction, until they are postponed', async () => {
    const key = { deviceId: 'overdue#1' };
    const at = new Date('2026-11-01T12:00:00.000Z');
    const overdue = async (before: Date) =>
      (await storage.ledger.listOverdue('primary', before, 10)).filter(
        ({ key: found }) => found.deviceId === key.deviceId,
      );
    await storage.ledger.markDirty('primary', key, 'holdLimit', at, at);
    expect(await overdue(at)).toEqual([]);
    expect(await overdue(new Date(at.getTime() + 1))).toMatchObject([
      { key, reason: 'holdLimit', since: at, dueAt: at },
    ]);
    const mark = await storage.ledger.readDirty('primary', key);
    const later = new Date('2026-11-01T13:00:00.000Z');
    await storage.ledger.postponeDirty('primary', key, later);
    expect(await overdue(later)).toEqual([]);
    expect(await storage.ledger.clearDirty('primary', { ...mark!, token: mark!.token })).toBe(true);
    await storage.ledger.postponeDirty('primary', key, later);
    expect(await storage.ledger.readDirty('primary', key)).toBeUndefined();
  });
});

describe('pending deletions', () => {
  it('are found when they are overdue, by direction', async () => {
    const key = { deviceId: 'pending#1', moduleId: 'm' };
    const deleteAfter = new Date('2026-11-01T12:00:00.000Z');
    const row = { key, sourceGenerationId: '1', targetGenerationId: '2', copiedAt: deleteAfter };
    await storage.ledger.write('primary', { ...row, state: 'pendingDelete', deleteAfter });
    await storage.ledger.write('secondary', { ...row, state: 'copied' });
    const later = new Date(deleteAfter.getTime() + 1);
    expect(await storage.ledger.listPendingDeletes('primary', deleteAfter, 10)).not.toContainEqual(key);
    expect(await storage.ledger.listPendingDeletes('primary', later, 10)).toContainEqual(key);
    expect(await storage.ledger.listPendingDeletes('secondary', later, 10)).not.toContainEqual(key);
  });
});

describe('tombstones', () => {
  it('are purged by the time of their last write; other rows stay', async () => {
    const fresh = createStorage(
      { kind: 'connectionString', value: azurite.connectionString },
      { hubNames: { primary: 'purge-p', secondary: 'purge-s' } },
    ).ledger;
    const keys = ['a', 'b', 'c', 'd'].map((deviceId) => ({ deviceId }));
    const [a, b, c, d] = keys as [IdentityKey, IdentityKey, IdentityKey, IdentityKey];
    for (const key of [a, b]) await fresh.write('primary', anEntry(key, { state: 'tombstone' }));
    await fresh.write('primary', anEntry(c));
    await fresh.write('secondary', anEntry(d, { state: 'tombstone' }));
    const [past, future] = [new Date(Date.now() - 60_000), new Date(Date.now() + 60_000)];
    expect(await fresh.purgeTombstones('primary', past, 10)).toBe(0);
    expect(await fresh.purgeTombstones('primary', future, 1)).toBe(1);
    expect(await fresh.purgeTombstones('primary', future, 10)).toBe(1);
    const left = await Promise.all(keys.map((key) => fresh.read('primary', key)));
    expect(left.map((row) => row?.state)).toEqual([undefined, undefined, 'copied', undefined]);
    expect((await fresh.read('secondary', d))?.state).toBe('tombstone');
  });
});

describe('the breaker', () => {
  it('has one row for each direction, written by whoever read the last one', async () => {
    const { breaker } = storage.ledger;
    expect(await breaker.read('primary')).toBeUndefined();
    const state = { windowStartedAt: new Date('2026-11-01T12:00:00.000Z'), taken: 1, allowed: 0 };
    await breaker.write('primary', state);
    await expect(breaker.write('primary', state)).rejects.toMatchObject({ code: 'storageConflict' });
    const read = await breaker.read('primary');
    expect(read).toMatchObject(state);
    const open = { since: new Date('2026-11-01T13:00:00.000Z'), reason: 'massChange' as const };
    await breaker.write('primary', { ...read!, taken: 2, open });
    expect(await breaker.read('primary')).toMatchObject({ taken: 2, open });
    await expect(breaker.write('primary', read!)).rejects.toMatchObject({ code: 'storageConflict' });
    expect(await breaker.read('secondary')).toBeUndefined();
    expect(await breaker.countKnown('secondary')).toBeGreaterThan(0);
  });
});

describe('the retry queue', () => {
  it('holds base64 messages that never expire and appear after their delay', async () => {
    const queue = QueueServiceClient.fromConnectionString(azurite.connectionString).getQueueClient('registry-retry');
    const message = { hubName: 'p-lab', deviceId: 'd ü', moduleId: 'm', attempt: 3 };
    await storage.retryQueue.enqueue(message, 0);
    await storage.retryQueue.enqueue({ ...message, attempt: 4 }, 30 * 24 * 3600_000);
    expect(await storage.retryQueue.count()).toBe(2);

    const { receivedMessageItems } = await queue.receiveMessages({ numberOfMessages: 32 });
    expect(receivedMessageItems).toHaveLength(1);
    const [item] = receivedMessageItems;
    expect(JSON.parse(Buffer.from(item!.messageText, 'base64').toString('utf8'))).toEqual(message);
    expect(item!.expiresOn.getUTCFullYear()).toBe(9999);
  });

  it('counts the poison queue, which nobody may have made yet', async () => {
    expect(await storage.retryQueue.countPoison()).toBe(0);
    const service = QueueServiceClient.fromConnectionString(azurite.connectionString);
    const poison = service.getQueueClient('registry-retry-poison');
    await poison.create();
    await poison.sendMessage('x');
    expect(await storage.retryQueue.countPoison()).toBe(1);
  });

  it('is made again after somebody deleted it', async () => {
    const service = QueueServiceClient.fromConnectionString(azurite.connectionString);
    await storage.retryQueue.count();
    await service.deleteQueue('registry-retry');
    await expect(storage.retryQueue.count()).rejects.toMatchObject({ code: 'storageUnavailable', retryable: true });
    expect(await storage.retryQueue.count()).toBe(0);
  });
});

describe('parked events', () => {
  const body = Uint8Array.from([0xff, 0x00, 0x7b, 0x22]);
  const item = {
    source: 'devicetwin/0',
    sequence: '42',
    reason: 'notJson',
    body,
    properties: { 'iothub-message-source': 'twinChangeEvents', deviceId: 'Gerät "1"', huge: 'x'.repeat(9000) },
  } satisfies ParkedItem;

  it('keep the original bytes once, with reason, time and properties', async () => {
    await storage.parked.park(item);
    await storage.parked.park(item);
    await storage.parked.park({ ...item, body: Uint8Array.from([1]), reason: 'wrongShape' });
    await storage.parked.park({ source: 'event-grid', sequence: 'id', reason: 'wrongShape', body: new Uint8Array() });
    expect(await storage.parked.countParked()).toEqual({ notJson: 1, wrongShape: 2 });

    const container = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient(
      'standby-parked',
    );
    const names: string[] = [];
    for await (const blob of container.listBlobsFlat()) {
      names.push(blob.name);
    }
    const name = names.find((text) => text.includes('/devicetwin_2f0/42-') && !text.endsWith('-4bf5122f344554c5'))!;
    expect(name).toMatch(/^\d{4}-\d\d-\d\d\/devicetwin_2f0\/42-[0-9a-f]{16}$/);
    const blob = container.getBlobClient(name);
    expect(new Uint8Array(await blob.downloadToBuffer())).toEqual(body);
    const { metadata } = await blob.getProperties();
    expect(metadata).toMatchObject({ reason: 'notJson', time: expect.stringMatching(/Z$/) });
    expect(JSON.parse(decodeURIComponent(metadata!['properties']!))).toEqual({
      'iothub-message-source': 'twinChangeEvents',
      deviceId: 'Gerät "1"',
    });
  });
});

describe('the routing document', () => {
  const document = {
    schemaVersion: 1 as const,
    epoch: 1,
    revision: 0,
    activeHub: 'primary' as const,
    direction: 'forward' as const,
    switchedAt: '2026-11-01T10:00:00.000Z',
    cohorts: [{ name: 'kept for newer deployments' }],
  };

  it('is created once, read with its ETag, and named with its fields when it is not valid', async () => {
    expect(storage.routingStore.name).toBe('devstoreaccount1');
    expect(await storage.routingStore.read()).toEqual({ kind: 'missing' });
    expect(await storage.routingStore.create(document)).toBe(true);
    expect(await storage.routingStore.create({ ...document, epoch: 9 })).toBe(false);
    const read = await storage.routingStore.read();
    expect(read).toEqual({ kind: 'document', document, etag: expect.stringMatching(/\S/) });

    const blob = BlobServiceClient.fromConnectionString(azurite.connectionString)
      .getContainerClient('standby-routing')
      .getBlockBlobClient('routing.json');
    for (const text of ['{"schemaVersion":1', '{}', '']) {
      await blob.upload(text, text.length);
      expect(await storage.routingStore.read()).toMatchObject({ kind: 'invalid' });
    }
    await blob.delete();
  });

  it('is replaced under its ETag alone, not after another write and not where it is gone', async () => {
    const { routingStore } = storage;
    await routingStore.create(document);
    const read = await routingStore.read();
    const etag = read.kind === 'document' ? read.etag : '';
    const next = { ...document, epoch: 2 };
    expect(await routingStore.replace(next, etag)).toBe(true);
    expect(await routingStore.replace({ ...document, epoch: 3 }, etag)).toBe(false);
    expect(await routingStore.read()).toMatchObject({ document: next });
    const container = BlobServiceClient.fromConnectionString(azurite.connectionString);
    await container.getContainerClient('standby-routing').deleteBlob('routing.json');
    expect(await routingStore.replace(next, etag)).toBe(false);
  });

  it('has a mark of the highest epoch, which only rises and outlives it', async () => {
    const { routingStore } = storage;
    expect(await routingStore.readMark()).toBeUndefined();
    await routingStore.raiseMark(3);
    await routingStore.raiseMark(2);
    expect(await routingStore.readMark()).toBe(3);
    const blob = BlobServiceClient.fromConnectionString(azurite.connectionString)
      .getContainerClient('standby-routing')
      .getBlockBlobClient('routing-mark.json');
    await blob.upload('{', 1);
    expect(await routingStore.readMark()).toBe(1);
  });
});

describe('an outage of storage', () => {
  it('ends every call with storageUnavailable, without secrets, and is over when storage is back', async () => {
    const fresh = createStorage({ kind: 'connectionString', value: azurite.connectionString }, { hubNames });
    await azurite.outage!.stop();
    try {
      const calls = [
        () => fresh.ledger.read('primary', { deviceId: 'd' }),
        () => fresh.ledger.countDirty(),
        () => fresh.retryQueue.enqueue({ hubName: 'p-lab', deviceId: 'd', attempt: 1 }, 0),
        () => fresh.parked.park({ source: 's', sequence: '1', reason: 'notJson', body: new Uint8Array([1]) }),
        () => fresh.routingStore.read(),
      ];
      for (const outcome of await Promise.allSettled(calls.map((call) => call()))) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'storageUnavailable', retryable: true } });
      }
    } finally {
      await azurite.outage!.resume();
    }
    expect(await fresh.ledger.read('primary', { deviceId: 'nobody' })).toBeUndefined();
    expect(await fresh.retryQueue.count()).toBeGreaterThanOrEqual(0);
  });

  it('counts a wrong key as unavailable: a person can mend it', async () => {
    const value = azurite.connectionString.replace(
      /AccountKey=[^;]+/,
      `AccountKey=${Buffer.alloc(64, 7).toString('base64')}`,
    );
    const locked = createStorage({ kind: 'connectionString', value }, { hubNames });
    const error: unknown = await locked.ledger.read('primary', { deviceId: 'd' }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'storageUnavailable', serviceCode: 403 });
  });
});
