import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../src/settings.js';
import { AppError } from '../../src/errors.js';

const hub = (name: string) => `HostName=${name}.azure-devices.net;SharedAccessKeyName=app;SharedAccessKey=c2VjcmV0`;
const least = { PRIMARY_HUB: hub('p'), SECONDARY_HUB: hub('s'), AzureWebJobsStorage: 'UseDevelopmentStorage=true' };

const problemOf = (env: Record<string, string>): AppError => {
  try {
    loadSettings(env);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  return expect.fail('the settings were accepted');
};

describe('loadSettings', () => {
  it('takes the least that is needed and fills in the documented defaults', () => {
    expect(loadSettings(least)).toEqual({
      features: new Set(['sync', 'routing']),
      hubs: {
        primary: {
          role: 'primary',
          name: 'p',
          hostName: 'p.azure-devices.net',
          connection: { kind: 'connectionString', value: hub('p') },
        },
        secondary: {
          role: 'secondary',
          name: 's',
          hostName: 's.azure-devices.net',
          connection: { kind: 'connectionString', value: hub('s') },
        },
      },
      twinEvents: {},
      twinConsumerGroup: '$Default',
      stateStorage: {
        connectionName: 'AzureWebJobsStorage',
        connection: { kind: 'connectionString', value: 'UseDevelopmentStorage=true' },
      },
      stateStorageSecond: undefined,
      stateStorageWitness: undefined,
      reportedStrategy: 'off',
      twinConcurrency: 32,
      hubCallTimeoutInMs: 30_000,
      routeTtlInSeconds: 3600,
      stateRefreshInMs: 5000,
      stateMaxAgeInMs: 30_000,
      holdLimitInMs: 3_600_000,
      deleteGraceInMs: 3_600_000,
      pacing: {
        hubs: { primary: { tier: 'off', units: 1 }, secondary: { tier: 'off', units: 1 } },
        throttleShare: 0.8,
        quotaShare: 0.5,
      },
      repairPerMinute: 60,
      massChangeLimit: 0,
      repairOverdueInMs: 300_000,
      operatorKey: undefined,
      failover: {
        watched: [],
        armEndpoint: 'https://management.azure.com',
        steadyInMs: 30_000,
        failoverInMs: 5000,
        readTimeoutInMs: 10_000,
        verifyTimeoutInMs: 600_000,
        drainLimitInMs: 1_800_000,
        consumerGroups: [],
        canary: undefined,
      },
      relay: undefined,
    });
  });

  it('reads identity-based connections of hubs, storage and Event Hubs', () => {
    const settings = loadSettings({
      PRIMARY_HUB__hostName: 'p.azure-devices.net',
      PRIMARY_HUB__credential: 'managedidentity',
      PRIMARY_HUB__clientId: 'an-id',
      SECONDARY_HUB__hostName: 's.azure-devices.net',
      STATE_STORAGE__accountName: 'state',
      STATE_STORAGE_SECOND__accountName: 'second',
      PRIMARY_TWIN_EVENTS__fullyQualifiedNamespace: 'ns.servicebus.windows.net',
      SECONDARY_TWIN_EVENTS: 'Endpoint=sb://ns/;SharedAccessKeyName=read;SharedAccessKey=c2VjcmV0',
      SECONDARY_TWIN_EVENT_HUB: 'other',
    });
    expect(settings.hubs.primary.connection).toEqual({
      kind: 'identity',
      address: { hostName: 'p.azure-devices.net' },
      credential: 'managedidentity',
      clientId: 'an-id',
    });
    expect(settings.stateStorage.connectionName).toBe('STATE_STORAGE');
    expect(settings.stateStorageSecond?.connection).toEqual({
      kind: 'identity',
      address: { accountName: 'second' },
    });
    expect(settings.twinEvents).toEqual({
      primary: { connectionName: 'PRIMARY_TWIN_EVENTS', eventHubName: 'devicetwin' },
      secondary: { connectionName: 'SECONDARY_TWIN_EVENTS', eventHubName: 'other' },
    });
  });

  it('takes a witness only beside a second state account', () => {
    const witness = { STATE_STORAGE_WITNESS__accountName: 'third' };
    expect(problemOf({ ...least, ...witness }).message).toContain('STATE_STORAGE_WITNESS: set STATE_STORAGE_SECOND');
    const settings = loadSettings({ ...least, ...witness, STATE_STORAGE_SECOND__accountName: 'second' });
    expect(settings.stateStorageWitness?.connection).toMatchObject({ address: { accountName: 'third' } });
  });

  it('names every bad setting in one error, and no value', () => {
    const error = problemOf({
      PRIMARY_HUB: 'SharedAccessKey=c2VjcmV0',
      TWIN_CONCURRENCY: 'many',
      REPORTED_STRATEGY: 'sometimes',
      HOLD_LIMIT_SECONDS: '0',
      OPERATOR_KEY: 'short',
    });
    expect(error.code).toBe('invalidSettings');
    expect(error.retryable).toBe(false);
    for (const name of ['PRIMARY_HUB', 'SECONDARY_HUB', 'STATE_STORAGE', 'TWIN_CONCURRENCY', 'REPORTED_STRATEGY'])
      expect(error.message).toContain(name);
    for (const name of ['HOLD_LIMIT_SECONDS', 'OPERATOR_KEY']) expect(error.message).toContain(name);
    for (const value of ['c2VjcmV0', 'many', 'short']) expect(error.message).not.toContain(value);
  });

  it("reads what of the standby is the mirror's, and refuses a share of nothing or of more than all", () => {
    const shares = { MIRROR_THROTTLE_SHARE: '0.9', MIRROR_QUOTA_SHARE: '0.25', REPAIR_PER_MINUTE: '600' };
    expect(loadSettings({ ...least, ...shares, STANDBY_TIER: 'S2', STANDBY_UNITS: '3' })).toMatchObject({
      pacing: {
        hubs: { primary: { tier: 'off', units: 1 }, secondary: { tier: 'S2', units: 3 } },
        throttleShare: 0.9,
        quotaShare: 0.25,
      },
      repairPerMinute: 600,
    });
    const error = problemOf({ ...least, MIRROR_THROTTLE_SHARE: '0', MIRROR_QUOTA_SHARE: '1.1', STANDBY_TIER: 'F1' });
    for (const name of ['MIRROR_THROTTLE_SHARE', 'MIRROR_QUOTA_SHARE', 'STANDBY_TIER'])
      expect(error.message).toContain(name);
  });

  it('reads the tier of each hub, and the older names for the secondary alone', () => {
    const own = { PRIMARY_TIER: 'S3', PRIMARY_UNITS: '2', SECONDARY_TIER: 'S1', SECONDARY_UNITS: '4' };
    const sizes = { primary: { tier: 'S3', units: 2 }, secondary: { tier: 'S1', units: 4 } };
    expect(loadSettings({ ...least, ...own }).pacing.hubs).toEqual(sizes);
    const both = { ...least, ...own, STANDBY_TIER: 'S1', STANDBY_UNITS: '4' };
    expect(loadSettings(both).pacing.hubs).toEqual(sizes);
    const { message } = problemOf({ ...both, STANDBY_TIER: 'S2', STANDBY_UNITS: '5' });
    for (const name of ['STANDBY_TIER: is the older name of SECONDARY_TIER', 'STANDBY_UNITS: is the older name'])
      expect(message).toContain(name);
  });

  it.each(['P', 'p.device', 'p.service'])('refuses one hub in both roles: p and %s', (name) => {
    expect(problemOf({ ...least, SECONDARY_HUB: hub(name) }).message).toContain('SECONDARY_HUB: is the same hub');
  });

  it('refuses hubs of one name in two clouds: events, paths and the ledger know hubs by their first label', () => {
    const other = hub('p').replace('azure-devices.net', 'azure-devices.cn');
    expect(problemOf({ ...least, SECONDARY_HUB: other }).message).toContain('SECONDARY_HUB: is the same hub');
  });

  it('names a hub by the first label of whichever host name is set', () => {
    expect(loadSettings({ ...least, PRIMARY_HUB: hub('p.service') }).hubs.primary.name).toBe('p');
  });

  it('refuses a maximum age of the routing document that its refresh cannot keep', () => {
    const error = problemOf({ ...least, STATE_REFRESH_MS: '5000', STATE_MAX_AGE_MS: '5000' });
    expect(error.message).toContain('STATE_MAX_AGE_MS');
  });

  it.each(['', '  '])('takes the empty setting "%s" as unset: it must not become a zero', (empty) => {
    const settings = loadSettings({
      ...least,
      TWIN_CONCURRENCY: empty,
      DELETE_GRACE_SECONDS: empty,
      OPERATOR_KEY: empty,
    });
    expect([settings.twinConcurrency, settings.deleteGraceInMs, settings.operatorKey]).toEqual([
      32,
      3_600_000,
      undefined,
    ]);
  });

  it('names the hub whose connection string lacks a part, and the account that cannot be addressed', () => {
    const error = problemOf({
      ...least,
      SECONDARY_HUB: 'HostName=s.azure-devices.net',
      STATE_STORAGE__blobServiceUri: 'https://state.blob.core.windows.net',
    });
    expect(error.message).toContain('SECONDARY_HUB: no SharedAccessKeyName in the connection string');
    expect(error.message).toContain('SECONDARY_HUB: no SharedAccessKey in the connection string');
    expect(error.message).toContain('STATE_STORAGE__queueServiceUri');
  });
});
