import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { HubMessage, JsonObject } from '../../lab/contracts.js';
import { boundInMs, type Rig, startRig, untilCopiesAreOld, webhookOf } from './support/rig.js';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ eventGrid: false });
  rig.lab.addDevices({ hub: 'primary', count: 2, prefix: 'dev' });
  await rig.untilEqual();
  await untilCopiesAreOld();
});
afterAll(async () => rig[Symbol.asyncDispose]());

const wait = { timeout: boundInMs, interval: 100 };
const device = { deviceId: 'dev-0001' };

/** A message on the primary's route. */
function aMessage(more: Partial<HubMessage> & { body: Buffer }): HubMessage {
  const { deviceId } = device;
  return {
    source: 'twinChangeEvents',
    deviceId,
    applicationProperties: {
      hubName: rig.lab.hub('primary').name,
      deviceId,
      opType: 'updateTwin',
      operationTimestamp: new Date().toISOString(),
    },
    annotations: {
      'iothub-connection-device-id': deviceId,
      'iothub-enqueuedtime': Date.now(),
      'iothub-message-source': 'twinChangeEvents',
    },
    ...more,
  };
}
const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const aChange = (tags: JsonObject, version = 1_000_000) => json({ version, tags });
const send = (message: HubMessage) => rig.lab.namespace.append('devicetwin', device.deviceId, message);

/** The bad one goes in the middle of a batch of good ones, which must all arrive. */
async function sendAmongGood(make: () => HubMessage, mark: string): Promise<void> {
  rig.lab.hub('primary').patchTwin(device, { tags: { before: mark } });
  // Made here, or it would be older than the change before it and be taken as late.
  send(make());
  rig.lab.hub('primary').patchTwin(device, { tags: { after: mark } });
  const tags = () => rig.lab.hub('secondary').getTwin(device).tags;
  await vi.waitFor(() => expect(tags()).toMatchObject({ before: mark, after: mark }), wait);
}
const parked = async (reason: string) => (await rig.health()).parked?.[reason] ?? 0;

describe('an event on the twin route that is no good', () => {
  const properties = (more: Record<string, string>) => ({
    ...aMessage({ body: Buffer.alloc(0) }).applicationProperties,
    ...more,
  });
  const annotated = (more: Record<string, string>) => ({
    ...aMessage({ body: Buffer.alloc(0) }).annotations,
    ...more,
  });
  const deep = (levels: number): JsonObject => (levels === 0 ? {} : { a: deep(levels - 1) });

  it.each<[string, string, () => HubMessage]>([
    ['a body that is not JSON', 'notJson', () => aMessage({ body: Buffer.from('{"tags":') })],
    ['a body that is not UTF-8', 'notJson', () => aMessage({ body: Buffer.from([0xff, 0xfe, 0x00]) })],
    ['a body of another shape', 'wrongShape', () => aMessage({ body: json({ tags: 'none' }) })],
    ['no JSON object', 'wrongShape', () => aMessage({ body: json([1, 2]) })],
    [
      'an operation that nobody knows',
      'unknownOpType',
      () => aMessage({ body: aChange({}), applicationProperties: properties({ opType: 'explodeTwin' }) }),
    ],
    [
      'a message source that nobody knows',
      'unknownSource',
      () => aMessage({ body: aChange({}), annotations: annotated({ 'iothub-message-source': 'weather' }) }),
    ],
    [
      'an event of another hub',
      'unexpectedHub',
      () => aMessage({ body: aChange({}), applicationProperties: properties({ hubName: 'elsewhere' }) }),
    ],
    [
      'an id that no device can have',
      'invalidId',
      () =>
        aMessage({
          body: aChange({}),
          applicationProperties: properties({ deviceId: 'a/b' }),
          annotations: annotated({ 'iothub-connection-device-id': 'a/b' }),
        }),
    ],
    ['a twin too deep for the standby', 'refusedByTarget', () => aMessage({ body: aChange(deep(11)) })],
    ['tags too large for the standby', 'refusedByTarget', () => aMessage({ body: aChange(tooLarge()) })],
  ])('%s is parked as %s, and the batch goes on', async (what, reason, make) => {
    const before = await parked(reason);
    await sendAmongGood(make, what);
    await vi.waitFor(async () => expect(await parked(reason)).toBe(before + 1), wait);
  });

  it.each<[string, () => HubMessage]>([
    ['sections of null', () => aMessage({ body: json({ version: 1_000_000, tags: null }) })],
    [
      'no message source',
      () => aMessage({ body: aChange({}), annotations: annotated({ 'iothub-message-source': '' }) }),
    ],
  ])('with %s is parked, and what it told of arrives by state', async (what, make) => {
    // Only a copy by state takes it away again.
    rig.lab.hub('secondary').patchTwin(device, { desired: { stray: what } });
    send(make());
    await vi.waitFor(() => expect(rig.lab.hub('secondary').getTwin(device).desired).not.toHaveProperty('stray'), wait);
  });

  it('of another known source is skipped by name, and parked nowhere', async () => {
    const before = (await rig.health()).skipped['digitalTwinChange'] ?? 0;
    const unknown = await parked('unknownSource');
    await sendAmongGood(
      () =>
        aMessage({ body: aChange({}), annotations: annotated({ 'iothub-message-source': 'digitalTwinChangeEvents' }) }),
      'digital twin',
    );
    expect((await rig.health()).skipped['digitalTwinChange']).toBe(before + 1);
    expect(await parked('unknownSource')).toBe(unknown);
  });

  const tooLarge = (): JsonObject =>
    Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`key${index}`, 'x'.repeat(3000)]));
});

describe('a twin at its limits', () => {
  it('of 32 KB and of depth 10 is copied whole', async () => {
    const primary = rig.lab.hub('primary');
    const large = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`key${index}`, 'y'.repeat(3200)]));
    primary.patchTwin({ deviceId: 'dev-0002' }, { desired: large });
    primary.patchTwin(
      { deviceId: 'dev-0002' },
      { tags: { a: { b: { c: { d: { e: { f: { g: { h: { i: 1 } } } } } } } } } },
    );
    await vi.waitFor(() => {
      const copy = rig.lab.hub('secondary').getTwin({ deviceId: 'dev-0002' });
      expect(copy.desired).toMatchObject(large);
      expect(copy.tags).toMatchObject({ a: { b: { c: { d: { e: { f: { g: { h: { i: 1 } } } } } } } } });
    }, wait);
  });
});

describe('ids', () => {
  it.each(['a#b?c%d+e', "x:y.z_*!(),=@;$'", 'Case', 'case', '%2F'])(
    '%s is copied, changed and routed',
    async (deviceId) => {
      const primary = rig.lab.hub('primary');
      primary.createIdentity({ deviceId }, {});
      primary.patchTwin({ deviceId }, { tags: { id: deviceId } });
      primary.patchReported({ deviceId }, { id: deviceId });
      await vi.waitFor(() => {
        const copy = rig.lab.hub('secondary').getTwin({ deviceId });
        expect([copy.tags['id'], copy.reported['id']]).toEqual([deviceId, deviceId]);
      }, wait);
      const url = `${rig.host.url}/api/devices/${encodeURIComponent(deviceId)}/hub`;
      const answer = await fetch(url, { headers: { 'x-functions-key': rig.host.functionKey } });
      // %2F in an id meets the host's own decoding of paths; the answer names whatever id the host handed over.
      expect(answer.status).toBe(200);
    },
  );

  it('that differ by case only stay two devices with a ledger row each', async () => {
    for (const deviceId of ['Two', 'two']) rig.lab.hub('primary').createIdentity({ deviceId }, {});
    await rig.untilEqual();
    rig.lab.hub('primary').deleteIdentity({ deviceId: 'Two' }, '*');
    await vi.waitFor(
      () => expect(() => rig.lab.hub('secondary').getIdentity({ deviceId: 'Two' })).toThrow('not registered'),
      wait,
    );
    expect(rig.lab.hub('secondary').getIdentity({ deviceId: 'two' }).deviceId).toBe('two');
  });
});

describe('over HTTP', () => {
  const ask = (path: string, headers: Record<string, string> = {}) => fetch(`${rig.host.url}${path}`, { headers });

  it('a malformed id is refused as invalidDeviceId', async () => {
    const answer = await ask('/api/devices/a%20b/hub', { 'x-functions-key': rig.host.functionKey });
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: { code: 'invalidDeviceId' } }]);
  });

  it('a wrong key gets no answer', async () => {
    expect((await ask('/api/devices/dev-0001/hub', { 'x-functions-key': 'wrong' })).status).toBe(401);
    expect((await ask('/api/devices/dev-0001/hub')).status).toBe(401);
    expect((await ask('/api/health', { 'x-functions-key': 'wrong' })).status).toBe(401);
  });

  it('anyone may ask whether it is well, and learns no more', async () => {
    expect(await (await ask('/api/health')).json()).toEqual({ ok: true });
  });
});

describe('an Event Grid event that is no good', () => {
  const post = (event: unknown) =>
    fetch(webhookOf(rig.host), {
      method: 'POST',
      headers: { 'aeg-event-type': 'Notification', 'content-type': 'application/json' },
      body: JSON.stringify([event]),
    });
  const anEvent = (more: object) => ({
    id: '1',
    topic: 't',
    subject: 's',
    eventType: 'Microsoft.Devices.DeviceCreated',
    eventTime: '2026-01-01T00:00:00Z',
    dataVersion: '1',
    metadataVersion: '1',
    data: { hubName: rig.lab.hub('primary').name, deviceId: 'dev-0001' },
    ...more,
  });

  it('of an unknown type is skipped by name', async () => {
    const before = (await rig.health()).skipped['unknownEventType'] ?? 0;
    expect((await post(anEvent({ eventType: 'Microsoft.Devices.DeviceTelemetry' }))).status).toBe(202);
    expect((await rig.health()).skipped['unknownEventType']).toBe(before + 1);
  });

  it('of an unknown hub is skipped by name', async () => {
    const before = (await rig.health()).skipped['unknownHub'] ?? 0;
    expect((await post(anEvent({ data: { hubName: 'elsewhere', deviceId: 'x' } }))).status).toBe(202);
    expect((await rig.health()).skipped['unknownHub']).toBe(before + 1);
  });

  it.each([
    ['without data', 'wrongShape', { data: undefined }],
    ['with a device id that none can have', 'invalidId', { data: { hubName: 'p', deviceId: 'a b' } }],
  ])('%s is parked as %s', async (_, reason, wrong) => {
    const before = await parked(reason);
    expect((await post(anEvent(wrong))).status).toBe(202);
    expect(await parked(reason)).toBe(before + 1);
  });

  it('with a wrong key reaches nobody', async () => {
    const url = webhookOf(rig.host).replace(/code=.*/, 'code=wrong');
    expect(
      (await fetch(url, { method: 'POST', headers: { 'aeg-event-type': 'Notification' }, body: '[]' })).status,
    ).toBe(401);
  });
});
