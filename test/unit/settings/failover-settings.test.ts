import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../../src/settings.js';
import { builtIn, least, problemOf, resourceId } from './settings-support.js';

describe('settings of failover', () => {
  it('watch each hub whose resource id is set, with the key of its built-in endpoint', () => {
    const { failover } = loadSettings({
      ...least,
      FEATURES: 'failover',
      PRIMARY_HUB_RESOURCE_ID: resourceId('P').toUpperCase(),
      PRIMARY_HUB_EVENTS: builtIn('ns'),
      SECONDARY_HUB_RESOURCE_ID: resourceId('s'),
    });
    expect(failover.watched).toEqual([
      {
        role: 'primary',
        name: 'p',
        hostName: 'p.azure-devices.net',
        resource: { subscriptionId: '1F', resourceGroup: 'GROUP', name: 'P' },
        events: {
          key: { name: 'service', key: 'c2VjcmV0LWtleQ==' },
          endpoint: { hostName: 'ns.servicebus.windows.net', eventHubName: 'ns-hub' },
        },
      },
      {
        role: 'secondary',
        name: 's',
        hostName: 's.azure-devices.net',
        resource: { subscriptionId: '1f', resourceGroup: 'group', name: 's' },
        events: undefined,
      },
    ]);
  });

  it('take a key alone: the endpoint is asked for', () => {
    const { failover } = loadSettings({
      ...least,
      PRIMARY_HUB_RESOURCE_ID: resourceId('p'),
      PRIMARY_HUB_EVENTS: 'SharedAccessKeyName=service;SharedAccessKey=a2V5',
    });
    expect(failover.watched[0]?.events).toEqual({ key: { name: 'service', key: 'a2V5' }, endpoint: undefined });
  });

  it('are in milliseconds, with parts of a second', () => {
    const { failover } = loadSettings({
      ...least,
      WATCH_STEADY_SECONDS: '3',
      WATCH_FAILOVER_SECONDS: '0.5',
      WATCH_READ_TIMEOUT_SECONDS: '1.2',
      VERIFY_TIMEOUT_SECONDS: '60',
      DRAIN_LIMIT_SECONDS: '90',
      CANARY_DEVICE_ID: 'canary',
      CANARY_SECONDS: '2.5',
      ARM_ENDPOINT: 'https://management.chinacloudapi.cn/',
      CONSUMER_GROUPS: '$default, billing,alarms,,billing',
    });
    expect(failover).toEqual({
      watched: [],
      armEndpoint: 'https://management.chinacloudapi.cn',
      steadyInMs: 3000,
      failoverInMs: 500,
      readTimeoutInMs: 1200,
      verifyTimeoutInMs: 60_000,
      drainLimitInMs: 90_000,
      consumerGroups: ['billing', 'alarms'],
      canary: { deviceId: 'canary', everyInMs: 2500 },
    });
  });

  it('without a hub to watch are refused, and only then', () => {
    expect(problemOf({ FEATURES: 'sync,failover' }).message).toContain(
      'PRIMARY_HUB_RESOURCE_ID: FEATURES has failover',
    );
  });

  it('are all named in the one error when they are bad, and no value is', () => {
    const { message } = problemOf({
      SECONDARY_HUB: '',
      PRIMARY_HUB_RESOURCE_ID: resourceId('another'),
      SECONDARY_HUB_RESOURCE_ID: '/subscriptions/secret-subscription',
      PRIMARY_HUB_EVENTS: 'Endpoint=sb://secret-endpoint/;SharedAccessKeyName=service',
      ARM_ENDPOINT: 'http://secret-arm',
      WATCH_STEADY_SECONDS: '0',
      WATCH_FAILOVER_SECONDS: 'often',
      WATCH_READ_TIMEOUT_SECONDS: '1000',
      VERIFY_TIMEOUT_SECONDS: '-1',
      DRAIN_LIMIT_SECONDS: 'long',
      CONSUMER_GROUPS: 'fine,secret group',
      CANARY_SECONDS: '0',
    });
    for (const name of [
      'SECONDARY_HUB: set',
      'PRIMARY_HUB_RESOURCE_ID: is another hub',
      'SECONDARY_HUB_RESOURCE_ID: must',
    ])
      expect(message).toContain(name);
    for (const name of ['PRIMARY_HUB_EVENTS: no SharedAccessKey in', 'ARM_ENDPOINT', 'WATCH_STEADY_SECONDS'])
      expect(message).toContain(name);
    for (const name of ['WATCH_FAILOVER_SECONDS', 'WATCH_READ_TIMEOUT_SECONDS', 'VERIFY_TIMEOUT_SECONDS'])
      expect(message).toContain(name);
    for (const name of ['DRAIN_LIMIT_SECONDS', 'CONSUMER_GROUPS', 'CANARY_SECONDS']) expect(message).toContain(name);
    for (const value of ['secret', 'often', 'another;']) expect(message).not.toContain(value);
  });

  it('refuse a built-in endpoint of a hub that is not watched: nobody would read it', () => {
    expect(problemOf({ SECONDARY_HUB_EVENTS: builtIn('ns') }).message).toContain(
      'SECONDARY_HUB_RESOURCE_ID: set it too',
    );
  });
});
