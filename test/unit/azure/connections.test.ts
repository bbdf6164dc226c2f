import { DefaultAzureCredential, ManagedIdentityCredential } from '@azure/identity';
import { describe, expect, it } from 'vitest';
import { connectServices } from '../../../src/azure/connect-services.js';
import { createCredential } from '../../../src/azure/credential.js';
import { createStorage } from '../../../src/azure/storage/storage.js';
import { systemClock } from '../../../src/azure/system-clock.js';
import { loadSettings } from '../../../src/settings.js';

const hubNames = { primary: 'p', secondary: 's' };
const credential = { getToken: () => Promise.resolve(null) };
const thrownBy = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('credentials', () => {
  it('follow __credential and __clientId of Functions', () => {
    expect(createCredential({ credential: 'managedidentity' })).toBeInstanceOf(ManagedIdentityCredential);
    expect(createCredential({ credential: 'ManagedIdentity', clientId: 'c' })).toBeInstanceOf(
      ManagedIdentityCredential,
    );
    expect(createCredential({})).toBeInstanceOf(DefaultAzureCredential);
    expect(createCredential({ clientId: 'c' })).toBeInstanceOf(DefaultAzureCredential);
  });
});

describe('storage connections', () => {
  it('by identity need the account or each service', () => {
    const named = createStorage({ kind: 'identity', accountName: 'acc', credential }, { hubNames });
    expect(named.routingStore.name).toBe('acc');
    const blobServiceUri = 'https://other.blob.core.windows.net';
    expect(thrownBy(() => createStorage({ kind: 'identity', blobServiceUri, credential }, { hubNames }))).toMatchObject(
      {
        code: 'invalidSettings',
        message: expect.stringContaining('queueServiceUri'),
      },
    );
  });

  it('that cannot be read are refused without being shown', () => {
    const error = thrownBy(() => createStorage({ kind: 'connectionString', value: 'AccountKey=SECRET' }, { hubNames }));
    expect(error).toMatchObject({ code: 'invalidSettings', retryable: false });
    expect(String(error)).not.toContain('SECRET');
    const connection = { kind: 'connectionString', value: 'AccountKey=SECRET' } as const;
    const named = thrownBy(() => createStorage(connection, { hubNames, settingName: 'STATE_STORAGE_SECOND' }));
    expect(String(named)).toContain('STATE_STORAGE_SECOND');
  });
});

describe('the services of an app', () => {
  const hubOf = (name: string) => `HostName=${name}.azure-devices.net;SharedAccessKeyName=o;SharedAccessKey=a2V5`;
  const connect = (env: Record<string, string>) =>
    connectServices({
      settings: loadSettings(env),
      clock: systemClock,
      logger: { event: () => undefined },
      instanceId: 'one',
      mirror: {
        activeHub: async () => undefined,
        direction: { decide: async () => ({ kind: 'hold', reason: 'stateStale' }) },
      },
    });

  it('by connection strings: one routing store, no reported writer unless asked for', async () => {
    const env = { PRIMARY_HUB: hubOf('p'), SECONDARY_HUB: hubOf('s'), STATE_STORAGE: 'UseDevelopmentStorage=true' };
    const services = connect(env);
    expect(services.reported).toBeUndefined();
    expect(services.routingStores.map(({ name }) => name)).toEqual(['devstoreaccount1']);
    await services.close();
    const more = connect({ ...env, REPORTED_STRATEGY: 'device' });
    expect(more.reported).toBeDefined();
    await more.close();
  });

  it('by identities: a routing store for each account', async () => {
    const services = connect({
      PRIMARY_HUB__hostName: 'p.azure-devices.net',
      SECONDARY_HUB__hostName: 's.azure-devices.net',
      SECONDARY_HUB__credential: 'managedidentity',
      SECONDARY_HUB__clientId: 'c',
      STATE_STORAGE__accountName: 'one',
      STATE_STORAGE_SECOND__accountName: 'two',
      STATE_STORAGE_WITNESS__accountName: 'three',
    });
    expect(services.routingStores.map(({ name }) => name)).toEqual(['one', 'two', 'three']);
    await services.close();
  });
});

describe('the machine clock', () => {
  it('sleeps until the time has come, or until it is aborted with the signal’s own reason', async () => {
    const before = systemClock.monotonicInMs();
    await systemClock.sleep(20);
    expect(systemClock.monotonicInMs() - before).toBeGreaterThanOrEqual(15);
    expect(systemClock.now()).toBeInstanceOf(Date);
    const reason = new RangeError('enough');
    await expect(systemClock.sleep(60_000, { abortSignal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
