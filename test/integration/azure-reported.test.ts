import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createReportedWriter, type DeviceReportedWriter } from '../../src/azure/device/reported-writer.js';
import { createHubClient, type HubClient } from '../../src/azure/hub/hub-client.js';
import type { IdentityKey, JsonObject } from '../../src/hub-model.js';
import { startLabHub, type LabHub } from '../unit/azure/support/lab-hub.js';

let hub: LabHub;
let client: HubClient;
let writer: DeviceReportedWriter;
/** Every connection that the hub has seen come and go, by key. */
let connects: string[] = [];

beforeAll(async () => {
  hub = await startLabHub();
  const setConnectionState = hub.core.setConnectionState.bind(hub.core);
  hub.core.setConnectionState = (key, connected) => {
    if (connected) {
      connects.push([key.deviceId, key.moduleId].join('/'));
    }
    setConnectionState(key, connected);
  };
  client = createHubClient({
    hostName: hub.core.hostName,
    connection: { kind: 'connectionString', value: hub.core.connectionString },
    callTimeoutInMs: 10_000,
    logger: { event: () => undefined },
  });
});
afterAll(async () => {
  client.close();
  await hub.close();
});

const aWriter = (more: object = {}) => {
  const side = { hostName: hub.core.hostName, getIdentity: (key: IdentityKey) => client.getIdentity(key) };
  return createReportedWriter({ hubs: { primary: side, secondary: side }, timeoutInMs: 5_000, ...more });
};
beforeEach(() => {
  connects = [];
  writer = aWriter();
});
afterEach(async () => {
  hub.fault = () => Promise.resolve(undefined);
  await writer.close();
});

const aDevice = (deviceId: string, body: JsonObject = {}): IdentityKey => {
  hub.core.createIdentity({ deviceId }, { deviceId, ...body });
  return { deviceId };
};
const reportedOf = (key: IdentityKey) => hub.core.getTwin(key).reported;
const connected = (deviceIds: string[]) =>
  deviceIds.filter((deviceId) => hub.core.getIdentity({ deviceId }).connectionState === 'Connected');
const reasonOf = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('it must reject'),
    (error: unknown) => error,
  );

describe('a process that stood still', () => {
  it('writes nothing as a device, even after it has connected', async () => {
    const key = aDevice('frozen');
    await writer.close();
    writer = aWriter({ standStill: { isUncertain: () => true } });
    expect(await reasonOf(writer.patchReported('secondary', key, { late: true }))).toMatchObject({
      code: 'aborted',
      retryable: true,
    });
    expect(reportedOf(key)).not.toHaveProperty('late');
  });
});

describe('reported properties written as the device', () => {
  it('arrive, over one connection for writes that follow each other', async () => {
    const key = aDevice('writes');
    expect(await writer.patchReported('secondary', key, { a: { b: 1, gone: 2 } })).toBe('written');
    expect(await writer.patchReported('secondary', key, { a: { gone: null } })).toBe('written');
    expect(reportedOf(key)).toMatchObject({ a: { b: 1 }, $version: 3 });
    expect(reportedOf(key)['a']).not.toHaveProperty('gone');
    expect(connects).toEqual(['writes/']);
  });

  it('arrive in the order of the calls, never by two connections at once', async () => {
    const key = aDevice('in-order');
    await Promise.all([1, 2, 3, 4, 5].map((n) => writer.patchReported('secondary', key, { n })));
    expect(reportedOf(key)).toMatchObject({ n: 5, $version: 6 });
    expect(connects).toEqual(['in-order/']);
  });

  it('of a module are written as the module', async () => {
    aDevice('with-module');
    const key = { deviceId: 'with-module', moduleId: 'm' };
    hub.core.createIdentity(key, { ...key });
    expect(await writer.patchReported('secondary', key, { up: true })).toBe('written');
    expect(reportedOf(key)).toMatchObject({ up: true });
    expect(reportedOf({ deviceId: 'with-module' })).not.toHaveProperty('up');
  });

  it.each(['semi;colon=and', 'hash#query?plus+percent%', 'Gross', 'gross'])(
    'of the id %s arrive there',
    async (deviceId) => {
      const key = aDevice(deviceId);
      expect(await writer.patchReported('secondary', key, { id: deviceId })).toBe('written');
      expect(reportedOf(key)).toMatchObject({ id: deviceId });
    },
  );
});

describe('identities that we cannot speak for', () => {
  const thumbprint = 'A'.repeat(40);
  it.each<[string, JsonObject]>([
    [
      'x509',
      {
        authentication: {
          type: 'selfSigned',
          x509Thumbprint: { primaryThumbprint: thumbprint, secondaryThumbprint: thumbprint },
        },
      },
    ],
    ['ca', { authentication: { type: 'certificateAuthority' } }],
    ['disabled', { status: 'disabled' }],
  ])('%s: notWritable, without a connection', async (deviceId, body) => {
    expect(await writer.patchReported('secondary', aDevice(deviceId, body), { a: 1 })).toBe('notWritable');
    expect(connects).toEqual([]);
  });

  it('a module of a disabled device: notWritable', async () => {
    aDevice('off', { status: 'disabled' });
    const key = { deviceId: 'off', moduleId: 'm' };
    hub.core.createIdentity(key, { ...key });
    expect(await writer.patchReported('secondary', key, { a: 1 })).toBe('notWritable');
  });

  it('one that is gone: deviceNotFound, moduleNotFound', async () => {
    expect(await reasonOf(writer.patchReported('secondary', { deviceId: 'gone' }, {}))).toMatchObject({
      code: 'deviceNotFound',
      retryable: false,
    });
    const module = { deviceId: 'writes', moduleId: 'gone' };
    expect(await reasonOf(writer.patchReported('secondary', module, {}))).toMatchObject({ code: 'moduleNotFound' });
  });
});

describe('refusals and failures', () => {
  it('a patch that the hub will never take: requestRefused, and the connection goes on', async () => {
    const key = aDevice('too-deep');
    const deep = 'abcdefghijkl'.split('').reduceRight<JsonObject>((inner, name) => ({ [name]: inner }), {});
    const error = await reasonOf(writer.patchReported('secondary', key, deep));
    expect(error).toMatchObject({ code: 'requestRefused', retryable: false });
    expect(await writer.patchReported('secondary', key, { fine: 1 })).toBe('written');
    expect(connects).toEqual(['too-deep/']);
  });

  it('a throttled write: hubThrottled', async () => {
    const key = aDevice('throttled');
    await writer.patchReported('secondary', key, { a: 1 });
    hub.fault = () => Promise.resolve({ status: 429 });
    expect(await reasonOf(writer.patchReported('secondary', key, { a: 2 }))).toMatchObject({
      code: 'hubThrottled',
      retryable: true,
    });
  });

  it('a key that the hub does not accept is final, and is not shown', async () => {
    const key = aDevice('wrong-key');
    const wrong = Buffer.alloc(32, 1).toString('base64');
    const side = {
      hostName: hub.core.hostName,
      getIdentity: async () => {
        const identity = await client.getIdentity(key);
        return (
          identity && {
            ...identity,
            authentication: { type: 'sas' as const, symmetricKey: { primaryKey: wrong, secondaryKey: wrong } },
          }
        );
      },
    };
    const strange = createReportedWriter({ hubs: { primary: side, secondary: side } });
    const error = await reasonOf(strange.patchReported('secondary', key, { a: 1 }));
    expect(error).toMatchObject({ code: 'deviceConnectionFailed', retryable: false });
    expect(inspect(error, { depth: 9 })).not.toMatch(/SharedAccess|sig=|AQEB/);
    await strange.close();
  });

  it('a hub that is away, though the SDK calls it unauthorized: retryable', async () => {
    const key = aDevice('away');
    await hub.mqtt.stop();
    const error = await reasonOf(writer.patchReported('secondary', key, { a: 1 }));
    await hub.mqtt.resume();
    expect(error).toMatchObject({ code: 'deviceConnectionFailed', retryable: true });
    expect(await writer.patchReported('secondary', key, { a: 1 })).toBe('written');
  });

  it('a busy hub (CONNACK 3): retryable', async () => {
    const key = aDevice('busy');
    hub.fault = (plane) => Promise.resolve(plane === 'mqtt' ? { status: 503 } : undefined);
    expect(await reasonOf(writer.patchReported('secondary', key, { a: 1 }))).toMatchObject({
      code: 'deviceConnectionFailed',
      retryable: true,
    });
  });

  it('an answer that never comes ends at the deadline, and the next write takes a new connection', async () => {
    const key = aDevice('silent');
    const impatient = aWriter({ timeoutInMs: 500 });
    await impatient.patchReported('secondary', key, { a: 1 });
    const silence = Promise.withResolvers<undefined>();
    hub.fault = () => silence.promise;
    const error = await reasonOf(impatient.patchReported('secondary', key, { a: 2 }));
    expect(error).toMatchObject({ code: 'deviceConnectionFailed', retryable: true });
    hub.fault = () => Promise.resolve(undefined);
    silence.resolve(undefined);
    expect(await impatient.patchReported('secondary', key, { a: 3 })).toBe('written');
    expect(connects).toEqual(['silent/', 'silent/']);
    await impatient.close();
  });

  it('a connection that hangs ends at the deadline and is closed', async () => {
    const key = aDevice('hanging');
    const impatient = aWriter({ timeoutInMs: 300 });
    const silence = Promise.withResolvers<undefined>();
    hub.fault = (plane) => (plane === 'mqtt' ? silence.promise : Promise.resolve(undefined));
    expect(await reasonOf(impatient.patchReported('secondary', key, { a: 1 }))).toMatchObject({
      code: 'deviceConnectionFailed',
      retryable: true,
    });
    silence.resolve(undefined);
    await impatient.close();
    // It stands after its time was up, and must not stay.
    await expect.poll(() => connects, { timeout: 10_000 }).toEqual(['hanging/']);
    await expect.poll(() => connected(['hanging']), { timeout: 10_000 }).toEqual([]);
  });

  it('a connection is ours while it is made: the hub may show it before we know that it stands', async () => {
    const key = aDevice('begins');
    const gate = Promise.withResolvers<undefined>();
    const asked = Promise.withResolvers<void>();
    hub.fault = (plane) => {
      if (plane !== 'mqtt') return Promise.resolve(undefined);
      asked.resolve();
      return gate.promise;
    };
    expect(writer.isOurConnection('secondary', key)).toBe(false);
    const written = writer.patchReported('secondary', key, { a: 1 });
    await asked.promise;
    expect(writer.isOurConnection('secondary', key)).toBe(true);
    gate.resolve(undefined);
    expect(await written).toBe('written');
  });

  it('a connection that the hub cut while idle is replaced', async () => {
    const key = aDevice('cut');
    await writer.patchReported('secondary', key, { a: 1 });
    await hub.mqtt.stop();
    await hub.mqtt.resume();
    await expect.poll(() => connected(['cut']), { timeout: 10_000 }).toEqual([]);
    // The client may learn of the cut a moment after the hub.
    await expect
      .poll(() => writer.patchReported('secondary', key, { a: 2 }).catch(() => 'not yet'), { timeout: 10_000 })
      .toBe('written');
  });
});

describe('connections', () => {
  it('are never more than allowed, and all writes get through', async () => {
    const few = aWriter({ maxOpen: 3 });
    const ids = Array.from({ length: 12 }, (_, n) => `many-${n}`);
    const keys = ids.map((deviceId) => aDevice(deviceId));
    let most = 0;
    const setConnectionState = hub.core.setConnectionState.bind(hub.core);
    hub.core.setConnectionState = (key, isConnected) => {
      setConnectionState(key, isConnected);
      most = Math.max(most, connected(ids).length);
    };
    await Promise.all(keys.map((key) => few.patchReported('secondary', key, { a: 1 })));
    hub.core.setConnectionState = setConnectionState;
    expect(keys.map((key) => reportedOf(key)['a'])).toEqual(ids.map(() => 1));
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(3);
    await few.close();
  });

  it('are closed when nobody wants them any more', async () => {
    const brief = aWriter({ idleInMs: 100 });
    await brief.patchReported('secondary', aDevice('idle'), { a: 1 });
    await expect.poll(() => connected(['idle']), { timeout: 10_000 }).toEqual([]);
    expect(await brief.patchReported('secondary', { deviceId: 'idle' }, { a: 2 })).toBe('written');
    await brief.close();
  });

  it('are all closed by close, which waits for writes under way and refuses others', async () => {
    const key = aDevice('closing');
    const writing = writer.patchReported('secondary', key, { a: 1 });
    const closing = writer.close();
    expect(await writing).toBe('written');
    await closing;
    await expect.poll(() => connected(['closing']), { timeout: 10_000 }).toEqual([]);
    expect(await reasonOf(writer.patchReported('secondary', key, {}))).toMatchObject({ code: 'aborted' });
  });
});
