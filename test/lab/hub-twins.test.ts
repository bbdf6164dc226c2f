import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../lab/contracts.js';
import { answerOf, plain, type TwinAnswer } from './support/hub-answers.js';
import { errorNameIn, refusalOf } from './support/hub-refusals.js';
import { startHubServer, type HubServer } from './support/hub-server.js';

let hub: HubServer;
let created = 0;
beforeAll(async () => {
  hub = await startHubServer();
});
afterAll(() => hub.close());

async function aDevice(): Promise<string> {
  created += 1;
  const deviceId = `twin-${created}`;
  await hub.registry.create({ deviceId });
  return deviceId;
}
const patch = (deviceId: string, body: JsonObject, etag = '*') =>
  answerOf<TwinAnswer>(hub.registry.updateTwin(deviceId, body, etag));
const read = (deviceId: string) => answerOf<TwinAnswer>(hub.registry.getTwin(deviceId));

describe('device twins', () => {
  it('starts with version 2 and $version 1, as the service does', async () => {
    const deviceId = await aDevice();
    const { responseBody: device } = await hub.registry.get(deviceId);
    const empty = { $metadata: { $lastUpdated: '0001-01-01T00:00:00Z' }, $version: 1 };
    const twin = await read(deviceId);
    expect(twin).toMatchObject({
      deviceId,
      etag: 'AAAAAAAAAAE=',
      version: 2,
      deviceEtag: device.etag,
      status: 'enabled',
      authenticationType: 'sas',
      capabilities: { iotEdge: false },
    });
    expect(twin.properties).toEqual({ desired: empty, reported: empty });
    // The SDK adds tags of its own.
    const { body } = await hub.rest('GET', `/twins/${deviceId}`);
    for (const absent of ['generationId', 'tags', 'statusReason', 'modelId']) expect(body).not.toHaveProperty(absent);
    await hub.registry.update({ deviceId, status: 'disabled', statusReason: 'at rest' });
    expect((await hub.rest('GET', `/twins/${deviceId}`)).body).toMatchObject({ statusReason: 'at rest' });
  });

  it('merges tags and desired: null removes, objects merge, arrays replace', async () => {
    const deviceId = await aDevice();
    await patch(deviceId, {
      tags: { site: { a: 1, b: 2 }, gone: true },
      properties: { desired: { list: [1, 2], nested: { x: 1, y: { z: 1 } } } },
    });
    const twin = await patch(deviceId, {
      tags: { site: { b: null, c: 3 }, gone: null },
      properties: { desired: { list: [3], nested: { y: null, 'absent-anyway': null } } },
    });
    expect(twin.tags).toEqual({ site: { a: 1, c: 3 } });
    expect(plain(twin.properties.desired)).toEqual({ list: [3], nested: { x: 1 } });
  });

  it('removes all of a section that a patch sets to null', async () => {
    const deviceId = await aDevice();
    await patch(deviceId, { tags: { a: 1 }, properties: { desired: { x: 1, y: { z: 2 } } } });
    const untagged = await patch(deviceId, { tags: null });
    expect([untagged.tags ?? {}, plain(untagged.properties.desired)]).toEqual([{}, { x: 1, y: { z: 2 } }]);
    const bodies: JsonObject[] = [];
    const stop = hub.core.onMessage(({ body }) => bodies.push(JSON.parse(String(body)) as JsonObject));
    const emptied = await patch(deviceId, { properties: { desired: null } });
    stop();
    expect([plain(emptied.properties.desired), emptied.properties.desired.$version]).toEqual([{}, 3]);
    expect(bodies).toMatchObject([{ properties: { desired: { x: null, y: null, $version: 3 } } }]);
  });

  it('refuses a null inside an array, at any depth', async () => {
    const deviceId = await aDevice();
    for (const list of [[1, null], [{ b: null }], [{ b: [[null]] }]]) {
      for (const body of [{ tags: { list } }, { properties: { desired: { a: { list } } } }])
        expect(await refusalOf(hub.registry.updateTwin(deviceId, body, '*'))).toMatchObject({ status: 400 });
    }
    expect((await read(deviceId)).version).toBe(2);
  });

  it('refuses a null tag in a replace', async () => {
    const deviceId = await aDevice();
    for (const tags of [{ a: null }, { a: { b: null } }]) {
      const answer = await hub.rest('PUT', `/twins/${deviceId}`, { body: { tags } });
      expect([answer.status, errorNameIn(answer.body)]).toEqual([400, 'ArgumentInvalid']);
    }
  });

  it('counts versions of the twin and of desired apart', async () => {
    const deviceId = await aDevice();
    const afterTags = await patch(deviceId, { tags: { a: 1 } });
    expect([afterTags.version, afterTags.properties.desired.$version]).toEqual([3, 1]);
    const afterDesired = await patch(deviceId, { properties: { desired: { a: 1 } } });
    expect([afterDesired.version, afterDesired.properties.desired.$version]).toEqual([4, 2]);
  });

  it('stamps changed properties and their parents only', async () => {
    const deviceId = await aDevice();
    await patch(deviceId, { properties: { desired: { old: 1, group: { a: 1, b: 1 } } } });
    const twin = await patch(deviceId, { properties: { desired: { group: { b: 2 }, fresh: 1 } } });
    const versions = twin.properties.desired.$metadata;
    expect(versions).toMatchObject({
      $lastUpdatedVersion: 3,
      old: { $lastUpdatedVersion: 2 },
      group: { $lastUpdatedVersion: 3, a: { $lastUpdatedVersion: 2 }, b: { $lastUpdatedVersion: 3 } },
      fresh: { $lastUpdatedVersion: 3 },
    });
    const time: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$/);
    expect(versions['fresh']).toEqual({ $lastUpdated: time, $lastUpdatedVersion: 3 });
    await patch(deviceId, { properties: { desired: { old: null } } });
    expect((await read(deviceId)).properties.desired.$metadata).not.toHaveProperty('old');
  });

  it('takes a write under the current ETag and refuses one under an old one', async () => {
    const deviceId = await aDevice();
    const first = await patch(deviceId, { tags: { n: 1 } });
    const second = await patch(deviceId, { tags: { n: 2 } }, first.etag);
    expect(second.etag).not.toBe(first.etag);
    const refused = await refusalOf(hub.registry.updateTwin(deviceId, { tags: { n: 3 } }, first.etag));
    expect(refused).toMatchObject({ status: 412, errorName: 'PreconditionFailed', className: 'InvalidEtagError' });
    expect((await read(deviceId)).tags).toEqual({ n: 2 });
  });

  it('keeps the ETag when the device reports, and counts the version', async () => {
    const deviceId = await aDevice();
    const before = await read(deviceId);
    expect(hub.core.patchReported({ deviceId }, { battery: 80 })).toBe(2);
    const after = await read(deviceId);
    expect([after.etag, after.version]).toEqual([before.etag, 3]);
    expect(after.properties.reported).toMatchObject({ battery: 80, $version: 2 });
    expect(after.properties.reported.$metadata['battery']).not.toHaveProperty('$lastUpdatedVersion');
  });

  it('starts ETag and versions again with a new life', async () => {
    const deviceId = await aDevice();
    await patch(deviceId, { tags: { n: 1 } });
    await hub.registry.delete(deviceId);
    await hub.registry.create({ deviceId });
    expect(await read(deviceId)).toMatchObject({ etag: 'AAAAAAAAAAE=', version: 2, tags: {} });
  });

  it('replaces tags and desired as a whole and leaves reported alone', async () => {
    const deviceId = await aDevice();
    await patch(deviceId, { tags: { a: 1 }, properties: { desired: { keep: 1, drop: 1 } } });
    hub.core.patchReported({ deviceId }, { r: 1 });
    const { etag, properties } = await read(deviceId);
    const body = { tags: { b: 1 }, properties: { desired: { ...properties.desired, drop: null, add: 1 } } };
    const headers = { 'If-Match': `"${etag}"` };
    const replaced = await hub.rest('PUT', `/twins/${deviceId}`, { body, headers });
    expect(replaced).toMatchObject({ status: 200, body: { version: 5, tags: { b: 1 } } });
    const twin = await read(deviceId);
    expect(twin.tags).toEqual({ b: 1 });
    expect(plain(twin.properties.desired)).toEqual({ keep: 1, add: 1 });
    expect(plain(twin.properties.reported)).toEqual({ r: 1 });
    expect((await hub.rest('PUT', `/twins/${deviceId}`, { body, headers })).status).toBe(412);
    await hub.rest('PUT', `/twins/${deviceId}`, { body: {} });
    expect((await read(deviceId)).tags).toEqual({});
  });

  it('says DeviceNotFound for a twin of nobody', async () => {
    const notFound = { status: 404, errorName: 'DeviceNotFound' };
    expect(await refusalOf(hub.registry.getTwin('nobody'))).toMatchObject(notFound);
    expect(await refusalOf(hub.registry.updateTwin('nobody', { tags: {} }, '*'))).toMatchObject(notFound);
  });
});

describe('twin limits', () => {
  const nested = (levels: number): JsonObject => (levels === 0 ? { end: 1 } : { n: nested(levels - 1) });
  const bytes = (count: number): JsonObject => {
    const chunks = Array.from({ length: Math.ceil(count / 4000) }, (_item, n) => Math.min(4000, count - n * 4000));
    return Object.fromEntries(chunks.map((length, n) => [String(n % 10), 'x'.repeat(length - 1)]));
  };
  const desired = (value: JsonObject): JsonObject => ({ properties: { desired: value } });

  it.each<[string, JsonObject]>([
    ['tags of 8 KB', { tags: bytes(8192) }],
    ['desired of 32 KB', desired(bytes(32768))],
    ['ten levels', desired(nested(10))],
    ['a value of 4 KB', { tags: { a: 'x'.repeat(4096) } }],
    ['a key of 1 KB', { tags: { ['k'.repeat(1024)]: 1 } }],
    ['the largest integers', desired({ max: 4503599627370495, min: -4503599627370496, real: 0.1 })],
    ['keys of any script', { tags: { 'größe-面積': 1 } }],
  ])('accepts %s', async (_what, body) => {
    const deviceId = await aDevice();
    expect((await patch(deviceId, body)).version).toBe(3);
  });

  it.each<[string, JsonObject]>([
    ['tags over 8 KB', { tags: bytes(8193) }],
    ['desired over 32 KB', desired(bytes(32769))],
    ['eleven levels', desired(nested(11))],
    ['eleven levels by way of arrays', desired({ a: [[[[[[[[[[[1]]]]]]]]]]] })],
    ['a value over 4 KB', { tags: { a: 'x'.repeat(4097) } }],
    ['a key over 1 KB', { tags: { ['k'.repeat(1025)]: 1 } }],
    ['an integer out of range', desired({ big: 4503599627370496 })],
    ['a dot in a key', { tags: { 'a.b': 1 } }],
    ['a dollar in a key', desired({ nested: { $version: 1 } })],
    ['a space in a key', { tags: { 'a b': 1 } }],
    ['a control character in a key', { tags: { 'a\u0001': 1 } }],
    ['tags that are no object', { tags: [1] }],
  ])('refuses %s and changes nothing', async (_what, body) => {
    const deviceId = await aDevice();
    const refused = await refusalOf(hub.registry.updateTwin(deviceId, body, '*'));
    expect(refused).toMatchObject({ status: 400, errorName: 'ArgumentInvalid', className: 'ArgumentError' });
    expect(await read(deviceId)).toMatchObject({ version: 2, tags: {} });
  });

  it('changes neither section when one of them is refused', async () => {
    const deviceId = await aDevice();
    await refusalOf(hub.registry.updateTwin(deviceId, { tags: { ok: 1 }, ...desired({ 'a.b': 1 }) }, '*'));
    expect(await read(deviceId)).toMatchObject({ version: 2, tags: {} });
  });

  it('counts numbers as 8 bytes, booleans as 4 and ignores control characters in texts', async () => {
    const deviceId = await aDevice();
    // 8192 = key 1 + 8, key 1 + 4, and the rest in texts.
    await patch(deviceId, { tags: { n: 1, b: true, a: 'x'.repeat(4088), c: 'y'.repeat(4088) } });
    expect((await patch(deviceId, { tags: { c: `${'y'.repeat(4088)}\u0001\u0001` } })).version).toBe(4);
    expect(await refusalOf(hub.registry.updateTwin(deviceId, { tags: { z: null, d: 1 } }, '*'))).toMatchObject({
      status: 400,
    });
  });
});
