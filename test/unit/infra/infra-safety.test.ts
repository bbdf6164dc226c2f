import { describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { definitions } from '../../../src/settings/definitions.js';
import { features } from '../../../src/settings/features.js';
import { existingHubFindings, lifecycleFindings, lockFindings } from './support/check-locks.js';
import { typeFindings } from './support/check-types.js';
import { crossingFindings } from './support/check-values.js';
import { readInfra } from './support/infra-files.js';
import { testChecks, type Checks } from './support/planted.js';

const checks: Checks = {
  types: {
    check: typeFindings,
    planted: [
      [
        'modules/types.bicep',
        "nodeVersion: '22' | '24'",
        'nodeVersion: string',
        /module functionApp: nodeVersion takes '22', '24', and is given what may be anything/,
      ],
      ['modules/types.bicep', "'22' | '24'", "'20' | '22'", /App\.nodeVersion does not take '24'/],
      ['modules/deployment.bicep', 'hosting: app.relayHosting', "hosting: 'dedicated'", /hosting does not take 'ded/],
      ['main.bicep', '  hubUnits: hubUnits\n', '', /module secondaryDeployment: App lacks hubUnits/],
      ['main.bicep', 'hubUnits: hubUnits', 'hubUnits: 1\n  units: 1', /App has no units/],
    ],
  },
  locks: {
    check: lockFindings,
    planted: [
      ['modules/storage.bicep', 'SharedKeyAccess: false', 'SharedKeyAccess: true', /allowSharedKeyAccess is not false/],
      ['modules/event-hubs.bicep', '    disableLocalAuth: true\n', '', /namespace: properties.disableLocalAuth is not/],
      ['modules/monitoring.bicep', 'DisableLocalAuth: true', 'DisableLocalAuth: false', /DisableLocalAuth is not true/],
      ['modules/relay-premium.bicep', '    httpsOnly: true\n', '', /app: properties.httpsOnly is not true/],
      ['modules/vault.bicep', '  scope: vault\n', '', /access: has no scope of its own/],
      ['modules/hub-access.bicep', '    scope: hub\n', '', /dataAccess: has no scope of its own/],
      [
        'modules/hub.bicep',
        "rights: 'ServiceConnect'",
        "rights: 'RegistryRead, RegistryWrite'",
        /policy with Registry/,
      ],
      [
        'modules/hub-access.bicep',
        'iotHubs/Read',
        'iotHubs/failover/Action',
        /may Microsoft\.Devices\/iotHubs\/failover/,
      ],
      ['modules/hub-access.bicep', 'iotHubs/Read', 'iotHubs/*', /may Microsoft\.Devices\/iotHubs\/\*/],
    ],
  },
  lifecycle: {
    check: lifecycleFindings,
    planted: [
      ['modules/storage.bicep', "'standby-parked/'", "'parked/'", /standby-parked\/ is never cleared/],
      ['modules/storage.bicep', 'baseBlob: { delete:', 'baseBlob: { tierToCool:', /dead-letters\/ is never cleared/],
    ],
  },
  'existing hubs': {
    check: existingHubFindings,
    planted: [
      ['main.bicep', ' if (empty(existingPrimaryHub))', '', /primaryHub would replace an existing hub/],
      ['main.bicep', 'if (empty(existingSecondaryHub))', 'if (empty(existingPrimaryHub))', /secondaryHub would/],
      [
        'modules/hub-access.bicep',
        "IotHubs@2023-06-30' existing",
        "IotHubs@2023-06-30'",
        /hub-access.bicep makes a hub/,
      ],
    ],
  },
  crossing: {
    check: crossingFindings,
    planted: [
      [
        'main.bicep',
        'routesNamespace: secondaryRegion',
        'routesNamespace: primaryRegion',
        /the primary hub routes into its own region/,
      ],
      [
        'main.bicep',
        'routesNamespace: paired ? primaryRegion',
        'routesNamespace: paired ? secondaryRegion',
        /the secondary hub routes into its own region/,
      ],
      [
        'main.bicep',
        "routesEventHub: 'devicetwin-secondary'",
        "routesEventHub: 'devicetwin'",
        /both hubs route into one/,
      ],
      [
        'events.bicep',
        'appName: secondaryAppName',
        'appName: primaryAppName',
        /the primary hub's events go to its own region/,
      ],
    ],
  },
};

describe('infra is safe', () => {
  testChecks(checks);

  it('keeps twin changes longer than a partition may wait, with the least that can be chosen', async () => {
    const days = /@minValue\((\d+)\)\n@maxValue\(7\)\nparam retentionInDays/.exec(
      (await readInfra()).get('main.bicep')?.text ?? '',
    )?.[1];
    expect(Number(days) * 86_400).toBeGreaterThan(definitions.HOLD_LIMIT_SECONDS.schema.parse(undefined));
  });

  it('offers each feature of the app, to the apps or to the relay', async () => {
    const infra = await readInfra();
    const apps = infra.get('main.bicep')?.params.find(({ name }) => name === 'features')?.allowed ?? [];
    const relay = /FEATURES: '(\w+)'/.exec(infra.get('modules/app-settings.bicep')?.text ?? '')?.[1];
    expect(new Set([...apps.map((name) => name.replaceAll("'", '')), relay])).toEqual(new Set(features));
  });

  it('gives both apps what telemetry by host.json and Entra ID needs, and the relay a task hub of its own', async () => {
    const infra = await readInfra();
    const host = JSON.parse(readFileSync(new URL('../../../host.json', import.meta.url), 'utf8')) as {
      telemetryMode: string;
      extensions: { durableTask: { hubName: string } };
    };
    expect(host.telemetryMode).toBe('OpenTelemetry');
    for (const name of ['function-app', 'relay-premium']) {
      const { text } = infra.get(`modules/${name}.bicep`) ?? { text: '' };
      expect(text).toContain('APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString');
      expect(text).toContain(
        "APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${region.clientId};Authorization=AAD'",
      );
    }
    const relay = infra.get('modules/relay-premium.bicep')?.text ?? '';
    const hubName = /AzureFunctionsJobHost__extensions__durableTask__hubName: '(\w+)'/.exec(relay)?.[1];
    expect(hubName).toMatch(/^[A-Za-z][A-Za-z0-9]{2,44}$/);
    expect(hubName).not.toBe(host.extensions.durableTask.hubName);
  });
});
