import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../../src/settings.js';
import { builtIn, least, problemOf, resourceId } from './settings-support.js';

const watched = { ...least, PRIMARY_HUB_RESOURCE_ID: resourceId('p'), PRIMARY_HUB_EVENTS: builtIn('ns') };
const progressKey = 'key-of-those-who-report';
const target = 'Endpoint=sb://stable.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey=c2VuZA==';

describe('settings of the relay', () => {
  it('have the documented defaults, and an identity in place of a key', () => {
    const env = {
      ...watched,
      FEATURES: 'relay',
      RELAY_TARGET__fullyQualifiedNamespace: 'stable.servicebus.windows.net',
    };
    expect(loadSettings(env).relay).toEqual({
      target: {
        connection: { kind: 'identity', address: { fullyQualifiedNamespace: 'stable.servicebus.windows.net' } },
        eventHubName: 'telemetry',
      },
      consumerGroup: '$Default',
      start: 'latest',
      slots: 2,
      sliceInMs: 240_000,
      deduplicationKey: false,
    });
  });

  it('follow an app over HTTP only with a key for it', () => {
    const env = { ...watched, FEATURES: 'relay', RELAY_TARGET: target, RELAY_APP_URL: 'https://app.example' };
    expect(problemOf(env).message).toContain('RELAY_APP_KEY: RELAY_APP_URL is set, so set it, too');
    expect(problemOf({ ...env, RELAY_APP_KEY: 'k' }).message).toContain(
      'PROGRESS_KEY: RELAY_APP_URL is set, so set it, too',
    );
    expect(loadSettings({ ...env, RELAY_APP_KEY: 'k', PROGRESS_KEY: progressKey }).relay?.app).toEqual({
      url: 'https://app.example',
      key: 'k',
      progressKey,
    });
  });

  it('are read as set', () => {
    const { relay } = loadSettings({
      ...watched,
      RELAY_TARGET: target,
      RELAY_TARGET_EVENT_HUB: 'all',
      RELAY_CONSUMER_GROUP: 'relay',
      RELAY_START: 'earliest',
      RELAY_SLOTS: '4',
      RELAY_SLICE_SECONDS: '1.5',
      RELAY_DEDUPLICATION_KEY: 'on',
    });
    expect(relay).toEqual({
      target: { connection: { kind: 'connectionString', value: target }, eventHubName: 'all' },
      consumerGroup: 'relay',
      start: 'earliest',
      slots: 4,
      sliceInMs: 1500,
      deduplicationKey: true,
    });
  });

  it('name the app that tells of generations, with its key', () => {
    const app = {
      RELAY_APP_URL: 'https://app.azurewebsites.net',
      RELAY_APP_KEY: 'function-key',
      PROGRESS_KEY: progressKey,
    };
    expect(loadSettings({ ...watched, RELAY_TARGET: target, ...app }).relay?.app).toEqual({
      url: 'https://app.azurewebsites.net',
      key: 'function-key',
      progressKey,
    });
    const { message } = problemOf({ RELAY_TARGET: target, RELAY_APP_URL: app.RELAY_APP_URL });
    expect(message).toContain('RELAY_APP_KEY: RELAY_APP_URL is set');
  });

  it('are refused without a target or a hub to read from', () => {
    const { message } = problemOf({ FEATURES: 'relay' });
    expect(message).toContain('RELAY_TARGET: FEATURES has relay');
    expect(message).toContain('PRIMARY_HUB_EVENTS: FEATURES has relay');
  });

  it('are all named in the one error when they are bad, and no value is', () => {
    const { message } = problemOf({
      RELAY_TARGET: 'Endpoint=sb://secret-namespace/;EntityPath=secret-hub',
      RELAY_START: 'secret-start',
      RELAY_SLOTS: '0',
      RELAY_SLICE_SECONDS: '86400',
      RELAY_DEDUPLICATION_KEY: 'yes',
    });
    for (const name of ['RELAY_TARGET: no SharedAccessKeyName', 'RELAY_TARGET: no SharedAccessKey in'])
      expect(message).toContain(name);
    for (const name of ['RELAY_TARGET_EVENT_HUB: is another', 'RELAY_START', 'RELAY_SLOTS', 'RELAY_SLICE_SECONDS'])
      expect(message).toContain(name);
    expect(message).toContain('RELAY_DEDUPLICATION_KEY');
    expect(message).not.toContain('secret');
  });
});
