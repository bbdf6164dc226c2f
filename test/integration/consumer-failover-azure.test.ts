import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Fault, Lab } from '../../lab/contracts.js';
import { startAzurite, type Azurite } from '../../lab/azurite/azurite.js';
import { startLab } from '../../lab/start-lab.js';
import { createArmHub } from '../../src/azure/arm/arm-hub.js';
import { createBuiltInRedirect } from '../../src/azure/built-in-redirect.js';
import { createCredential } from '../../src/azure/credential.js';
import { createCanarySender } from '../../src/azure/device/canary-sender.js';
import { createStorage, type Storage } from '../../src/azure/storage/storage.js';
import type { HubArmPort, RedirectPort } from '../../src/failover/ports.js';
import { loadSettings, type Settings } from '../../src/settings.js';
import { first, shows, told, watching } from '../unit/failover/watching.js';

const soon = { timeoutInMs: 10_000 };
let azurite: Azurite;
let lab: Lab;
let settings: Settings;
let arm: HubArmPort;
let redirect: RedirectPort;
let key: { name: string; key: string };

beforeAll(async () => {
  azurite = await startAzurite({ outages: true });
  lab = await startLab({ eventHubsPort: 0, storage: azurite, hubFailover: { timeScale: 0.001 } });
  Object.assign(process.env, lab.description.identityEnv);
  settings = loadSettings({ ...lab.description.settings, FEATURES: 'failover' });
  const watched = settings.failover.watched.find(({ role }) => role === 'primary') ?? expect.fail('not watched');
  arm = createArmHub({
    resource: watched.resource,
    endpoint: settings.failover.armEndpoint,
    credential: createCredential({}),
  });
  key = watched.events?.key ?? expect.fail('no key');
  redirect = createBuiltInRedirect({ hostName: watched.hostName, key });
});
afterAll(async () => {
  await lab.close();
  await azurite.close();
});

const under = async (fault: Omit<Fault, 'times'>, work: () => Promise<unknown>) => {
  const { id } = lab.addFault(fault);
  await lab.faultsSettled();
  try {
    await work();
  } finally {
    lab.removeFault(id);
    await lab.faultsSettled();
  }
};

describe('a hub in ARM', () => {
  it('shows state, endpoint, partitions and region', async () => {
    const { endpoint } = lab.failover('primary');
    expect(await arm.read(soon)).toEqual({
      kind: 'read',
      active: true,
      endpoint: { hostName: endpoint.hostName, eventHubName: endpoint.eventHubName },
      partitionIds: ['0', '1', '2', '3'],
      location: 'West Europe',
    });
  });

  it('has consumer groups, which can be made twice', async () => {
    await arm.createConsumerGroup('alpha', soon);
    await arm.createConsumerGroup('alpha', soon);
    expect(await arm.listConsumerGroups(soon)).toEqual(expect.arrayContaining(['$Default', 'alpha']));
  });

  it('knows a key of a policy that may connect services, and no other', async () => {
    expect(await arm.checkKey(key, soon)).toBe('valid');
    expect(await arm.checkKey({ ...key, key: Buffer.from('other').toString('base64') }, soon)).toBe('stale');
    expect(await arm.checkKey({ ...key, name: 'gone' }, soon)).toBe('stale');
    const device = lab
      .hub('primary')
      .sharedAccessPolicies()
      .find(({ name }) => name === 'device');
    expect(await arm.checkKey({ name: 'device', key: device?.primaryKey ?? '' }, soon)).toBe('stale');
  });

  it.each([
    ['stop', 'armUnavailable'],
    ['reset', 'armUnavailable'],
    ['half', 'armUnavailable'],
  ] as const)('that cannot be reached (%s) is no news: %s', async (kind, code) => {
    await under({ hub: 'arm', plane: 'arm', kind }, async () => {
      await expect(arm.read(soon)).rejects.toMatchObject({ code, retryable: true });
    });
  });

  it.each([
    [503, 'armUnavailable'],
    [429, 'armUnavailable'],
    [404, 'armUnavailable'],
    [403, 'armUnauthorized'],
    [400, 'armRefused'],
  ])('that answers %i is no news: %s', async (status, code) => {
    await under({ hub: 'arm', plane: 'arm', kind: 'status', status }, async () => {
      await expect(arm.read(soon)).rejects.toMatchObject({ code, serviceCode: status });
    });
  });

  it.each(['empty', 'wrongType'] as const)('that answers nonsense (%s) is no news', async (kind) => {
    await under({ hub: 'arm', plane: 'arm', kind }, async () => {
      await expect(arm.read(soon)).rejects.toMatchObject({
        code: expect.stringMatching(/^arm(BadAnswer|Unavailable)$/),
      });
    });
  });

  it('that does not answer is given up at the deadline', async () => {
    await under({ hub: 'arm', plane: 'arm', kind: 'blackHole' }, async () => {
      const start = performance.now();
      await expect(arm.read({ timeoutInMs: 300 })).rejects.toMatchObject({ code: 'armTimeout' });
      expect(performance.now() - start).toBeLessThan(3000);
    });
  });
});

describe('the redirect of a hub', () => {
  it('leads to the endpoint that ARM shows', async () => {
    const { endpoint } = await arm.read(soon);
    expect(await redirect.read(soon)).toEqual(endpoint);
  });

  it('is refused with a wrong key, by name and without the key', async () => {
    const wrong = Buffer.from('a wrong key').toString('base64');
    const hostName = lab.hub('primary').hostName;
    const refused = createBuiltInRedirect({ hostName, key: { ...key, key: wrong } }).read(soon);
    const error = await refused.catch((caught: unknown) => caught as Error & { code?: string });
    expect(error).toMatchObject({ code: expect.stringMatching(/^redirect(Refused|Unavailable)$/) });
    expect(inspect(error)).not.toContain(wrong);
  });

  it.each(['refuse', 'reset'] as const)('of a hub that cannot be reached (%s) is no news', async (kind) => {
    await under({ hub: 'primary', plane: 'amqp', kind }, async () => {
      await expect(redirect.read(soon)).rejects.toMatchObject({ code: 'redirectUnavailable' });
    });
  });

  it('of a hub that does not answer is given up at the deadline', async () => {
    await under({ hub: 'primary', plane: 'amqp', kind: 'blackHole' }, async () => {
      await expect(redirect.read({ timeoutInMs: 300 })).rejects.toMatchObject({ code: 'redirectTimeout' });
    });
  });
});

describe('while a hub fails over', () => {
  it('management calls end at their deadline, reads go on, and both sources tell the new endpoint', async () => {
    const before = await arm.read(soon);
    const failover = lab.failover('primary').start(undefined, { timeScale: 0.004, interimState: 'Whatever' });
    expect(await arm.read(soon)).toMatchObject({ active: false });
    await expect(arm.checkKey(key, { timeoutInMs: 200 })).rejects.toMatchObject({ code: 'armTimeout' });
    await expect(arm.createConsumerGroup('beta', { timeoutInMs: 200 })).rejects.toMatchObject({ code: 'armTimeout' });
    await failover.done;
    const after = await arm.read(soon);
    expect(after).toMatchObject({ active: true, location: 'North Europe' });
    expect(after.endpoint).not.toEqual(before.endpoint);
    expect(await redirect.read(soon)).toEqual(after.endpoint);
    expect(await arm.checkKey(key, soon)).toBe('valid');
  });
});

describe('the canary', () => {
  it('sends a message that the hub accepts, by the key of its registry, and remembers it', async () => {
    const primary = lab.hub('primary');
    primary.createIdentity({ deviceId: 'canary' }, {});
    const messages: unknown[] = [];
    primary.onMessage(({ deviceId, applicationProperties }) => messages.push([deviceId, applicationProperties]));
    let asked = 0;
    const getIdentity = async () => {
      asked += 1;
      const { symmetricKey } = primary.getIdentity({ deviceId: 'canary' }).authentication;
      const authentication = {
        type: 'sas' as const,
        symmetricKey: symmetricKey ?? { primaryKey: null, secondaryKey: null },
      };
      return { key: { deviceId: 'canary' }, generationId: 'g', etag: 'e', authentication };
    };
    const canary = createCanarySender({
      deviceId: 'canary',
      hubs: { contoso: { hostName: primary.hostName, getIdentity } },
      timeoutInMs: 10_000,
    });
    await canary.send('contoso');
    await canary.send('contoso');
    expect(asked).toBe(1);
    expect(messages).toEqual([
      ['canary', expect.objectContaining({ 'standby-canary': '1' })],
      ['canary', expect.objectContaining({ 'standby-canary': '1' })],
    ]);
    await expect(canary.send('other')).rejects.toMatchObject({ code: 'deviceConnectionFailed', retryable: false });
  });
});

describe('what is stored of a watched hub', () => {
  let storage: Storage;
  let count = 0;
  let name = '';
  beforeEach(() => {
    count += 1;
    name = `hub-${count}`;
    storage = createStorage(
      { kind: 'connectionString', value: azurite.connectionString },
      { hubNames: { primary: 'p', secondary: 's' } },
    );
  });
  const aState = () => {
    const hub = watching();
    hub.look(30, shows(first));
    return { ...hub.state(), hub: name };
  };

  it('is changed only by whoever read the last version', async () => {
    const { watches } = storage;
    expect(await watches.read(name)).toBeUndefined();
    const state = aState();
    expect(await watches.write(state, undefined)).toBe(true);
    expect(await watches.write(state, undefined)).toBe(false);
    const one = await watches.read(name);
    expect(one?.state).toEqual(state);
    expect(await watches.write({ ...state, revision: 2 }, one?.etag)).toBe(true);
    expect(await watches.write({ ...state, revision: 3 }, one?.etag)).toBe(false);
    expect((await watches.read(name.toUpperCase()))?.state.revision).toBe(2);
  });

  it('of progress is a row for each consumer and generation, whoever of many processes writes', async () => {
    const { progress } = storage;
    const { partitions } = told(1, 5, { lag: 0 });
    const place = (partitionId: string, sequenceNumber: number) => ({
      consumer: 'relay',
      generation: 1,
      partitions: [{ partitionId, sequenceNumber, enqueuedAt: '2026-03-01T08:00:01.000Z' }],
    });
    await Promise.all(['0', '1', '2', '3'].map((id, n) => progress.add(name, place(id, n), new Date(), [])));
    await progress.add(name, { consumer: 'relay', generation: 2, partitions: [...partitions] }, new Date(), []);
    const rows = await progress.list(name);
    expect(rows.map(({ generation, partitions: places }) => [generation, places.length])).toEqual([
      [1, 4],
      [2, 2],
    ]);
    await progress.forget(name, 2);
    expect((await progress.list(name)).map(({ generation }) => generation)).toEqual([2]);
  });

  it('of progress stays bounded: names of consumers are refused when there are too many', async () => {
    const { progress } = storage;
    const { partitions } = told(1, 5, { lag: 0 });
    for (let n = 0; n < 64; n += 1)
      expect(
        await progress.add(name, { consumer: `c${n}`, generation: 1, partitions: [...partitions] }, new Date(), []),
      ).toEqual({ wentBack: [] });
    expect(
      await progress.add(name, { consumer: 'more', generation: 1, partitions: [...partitions] }, new Date(), []),
    ).toBe('tooManyConsumers');
    expect(
      await progress.add(name, { consumer: 'c0', generation: 1, partitions: [...partitions] }, new Date(), []),
    ).toEqual({
      wentBack: [],
    });
  });
});
