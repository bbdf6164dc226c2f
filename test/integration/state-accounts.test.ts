import { BlobServiceClient } from '@azure/storage-blob';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startAzurite, type Azurite } from '../../lab/azurite/azurite.js';
import type { Lab } from '../../lab/contracts.js';
import type { RoutingDocument } from '../../src/routing/document.js';
import { boundInMs, type Rig, startRig } from './support/rig.js';

const wait = { timeout: boundInMs, interval: 100 };
const key = { deviceId: 'dev-0001' };
const tagsOf = (rig: Rig, role: 'primary' | 'secondary') => rig.lab.hub(role).getTwin(key).tags;

const blobOf = (storage: Pick<Azurite, 'connectionString'>) =>
  BlobServiceClient.fromConnectionString(storage.connectionString)
    .getContainerClient('standby-routing')
    .getBlockBlobClient('routing.json');
async function put(storage: Pick<Azurite, 'connectionString'>, document: RoutingDocument): Promise<void> {
  const text = JSON.stringify(document);
  const service = BlobServiceClient.fromConnectionString(storage.connectionString);
  await service.getContainerClient('standby-routing').createIfNotExists();
  await blobOf(storage).upload(text, Buffer.byteLength(text));
}
const read = async (storage: Azurite) => JSON.parse((await blobOf(storage).downloadToBuffer()).toString()) as unknown;

const documentOf = (lab: Lab, epoch: number, activeHub: 'primary' | 'secondary'): RoutingDocument => ({
  schemaVersion: 1,
  epoch,
  revision: 0,
  activeHub,
  direction: activeHub === 'primary' ? 'forward' : 'reverse',
  switchedAt: '2026-11-01T10:00:00.000Z',
  hubs: { primary: lab.hub('primary').name, secondary: lab.hub('secondary').name },
});

describe('the routing document in two state accounts', () => {
  let second: Azurite;
  beforeEach(async () => {
    second = await startAzurite({ outages: true });
  });
  afterEach(() => second.close());
  const start = (prepare?: (lab: Lab) => Promise<void>): Promise<Rig> =>
    startRig({
      eventGrid: false,
      settings: { STATE_STORAGE_SECOND: second.connectionString },
      ...(prepare ? { prepare } : {}),
    });

  it('a superseded one that alone can be read skips no change of the hub that is active', async () => {
    await using rig = await start(async (lab) => {
      lab.addDevices({ hub: 'primary', count: 1, prefix: 'dev' });
      await put(lab.storage, documentOf(lab, 5, 'secondary'));
      await put(second, documentOf(lab, 6, 'primary'));
      await second.outage?.stop();
    });
    rig.lab.hub('primary').patchTwin(key, { tags: { site: 'moved' } });
    await vi.waitFor(() => expect(rig.log.some((line) => line.includes('"stateStale"'))).toBe(true), wait);
    const before = await rig.health();
    expect(before).toMatchObject({ ok: false, epoch: 5, stateAgeInMs: null });
    expect(before.routingProblem).toEqual({ reason: 'noMajority', holders: 1, needed: 2 });
    expect(before.skipped).toEqual({});
    await second.outage?.resume();
    await rig.untilEqual();
    expect(tagsOf(rig, 'secondary')['site']).toBe('moved');
    const isWell = { ok: true, epoch: 6, routingProblem: null };
    await vi.waitFor(async () => expect(await rig.health()).toMatchObject(isWell), wait);
    expect(await read(second)).toEqual(documentOf(rig.lab, 6, 'primary'));
  });

  it('is made in both on a fresh installation, and a switch in one of them is completed in the other', async () => {
    await using rig = await start();
    const first = await read(second);
    expect(first).toMatchObject({ epoch: 1, activeHub: 'primary' });
    await put(second, documentOf(rig.lab, 2, 'secondary'));
    await vi.waitFor(async () => expect(await rig.health()).toMatchObject({ ok: true, epoch: 2 }), wait);
    expect(JSON.parse((await blobOf(rig.lab.storage).downloadToBuffer()).toString())).toMatchObject({ epoch: 2 });
  });
});
