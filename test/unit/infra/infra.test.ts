import { describe, expect, it } from 'vitest';
import { definitions } from '../../../src/settings/definitions.js';
import * as structure from './support/check-structure.js';
import * as values from './support/check-values.js';
import { namedResources } from './support/evaluate.js';
import { readInfra } from './support/infra-files.js';
import { testChecks, type Check, type Checks } from './support/planted.js';

const known = new Map(
  Object.entries(definitions).map(([name, definition]): [string, values.KnownSetting] => [
    name,
    {
      secret: definition.kind === 'value' && definition.secret,
      ...('parts' in definition && { parts: definition.parts }),
    },
  ]),
);

const settings: Check = (infra) => values.settingFindings(infra, known);

const checks: Checks = {
  syntax: {
    check: structure.syntaxFindings,
    planted: [['modules/hub.bicep', 'sku: { name: sku', 'sku: { name sku', /hub\.bicep:\d+: syntax error/]],
  },
  modules: {
    check: structure.moduleFindings,
    planted: [
      ['main.bicep', "'modules/hub.bicep'", "'modules/hubs.bicep'", /no file modules\/hubs\.bicep/],
      ['main.bicep', '    units: hubUnits\n', '', /parameter units is missing/],
      ['main.bicep', 'units: hubUnits', 'unit: hubUnits', /unknown parameter unit/],
      ['modules/deployment.bicep', 'settings.outputs.settings', 'settings.outputs.setings', /has no output setings/],
      [
        'main.bicep',
        /module primaryRegion 'modules\/region\.bicep'/,
        "module primaryRegion 'modules/storage.bicep'",
        /unknown parameter/,
      ],
    ],
  },
  names: {
    check: structure.nameFindings,
    planted: [
      ['modules/hub.bicep', 'entityPath: routesEventHub', 'entityPath: routeEventHub', /routeEventHub is not declared/],
      ['modules/vault.bicep', /value: empty\(progressKey\).*/, "value: 'x' }", /progressKey is never used/],
    ],
  },
  parameters: {
    check: structure.parameterFindings,
    planted: [
      ['main.bicep', "@description('Units of each new hub.')\n", '', /hubUnits has no description/],
      ['main.bicep', '@minValue(1)\n@maxValue(200)\n', '', /hubUnits has no limits/],
    ],
  },
  settings: {
    check: settings,
    planted: [
      [
        'modules/app-settings.bicep',
        'SECONDARY_TIER:',
        'SECONDARY_TEIR:',
        /SECONDARY_TEIR: the app knows no such setting/,
      ],
      ['modules/app-settings.bicep', 'SECONDARY_TIER:', 'SECONDARY_TEIR:', /SECONDARY_TIER: infra does not give it/],
      ['modules/types.bicep', /  CANARY_SECONDS: int\?\n/, '', /CANARY_SECONDS: infra does not give it/],
      [
        'modules/app-settings.bicep',
        /OPERATOR_KEY: '.*'/,
        "OPERATOR_KEY: 'sixteen-characters'",
        /OPERATOR_KEY: a secret that is no reference/,
      ],
      [
        'modules/app-settings.bicep',
        /PRIMARY_HUB_EVENTS: '.*'/,
        "PRIMARY_HUB_EVENTS: 'Endpoint=sb://x'",
        /PRIMARY_HUB_EVENTS: a secret/,
      ],
      [
        'modules/app-settings.bicep',
        'PRIMARY_HUB__hostName',
        'PRIMARY_HUB__host',
        /PRIMARY_HUB__host: the app knows no such setting/,
      ],
      ['modules/app-settings.bicep', /  RELAY_TARGET__clientId: .*\n/, '', /RELAY_TARGET__clientId: is missing/],
    ],
  },
  roles: {
    check: values.roleFindings,
    planted: [
      [
        'modules/hub-access.bicep',
        '4ea46cd5-c1b2-4a8e-910b-273211f9ce47',
        '4ea46cd5-c1b2-4a8e-910b-273211f9ce48',
        /is no documented role/,
      ],
      [
        'modules/event-hubs.bicep',
        'a638d3c7-ab3a-418d-83e6-5f17a39d4fde',
        'f526a384-b230-433a-b45c-95f59c4a2dec',
        /is no documented role/,
      ],
      [
        'modules/vault.bicep',
        '4633458b-17de-408a-b874-0445c86b69e6',
        'ba92f5b4-2d11-453d-a403-e96b0029c9fe',
        /without its reason/,
      ],
      ['modules/vault.bicep', '// Key Vault Secrets User', '// This', /Key Vault Secrets User, without its reason/],
    ],
  },
  versions: {
    check: values.versionFindings,
    planted: [['modules/hub.bicep', 'IotHubs@2023-06-30', 'IotHubs@2023-06-31', /IotHubs has no version 2023-06-31/]],
  },
  'rules for names': {
    check: values.nameRuleFindings,
    planted: [
      [
        'modules/region.bicep',
        "'st${regionKey}${suffix}'",
        "'st-${regionKey}${suffix}'",
        /st-pabcdefghijklm is no name/,
      ],
      [
        'modules/region.bicep',
        "'kv-${regionKey}-${suffix}'",
        "'kv-${environmentName}-${suffix}'",
        /kv-twelve-chars-abcdefghijklm is no name/,
      ],
      [
        'modules/relay.bicep',
        "'ca-${environmentName}-relay-${regionKey}'",
        "'ca-${environmentName}-relay-${suffix}'",
        /is no name for Microsoft\.App\/containerApps/,
      ],
    ],
  },
  keys: {
    check: values.keyFindings,
    planted: [
      [
        'main.bicep',
        'output TOPOLOGY string = topology',
        'output TOPOLOGY string = operatorKey',
        /output TOPOLOGY tells a key/,
      ],
      [
        'modules/storage.bicep',
        'output name string = account.name',
        'output name string = account.listKeys().keys[0].value',
        /output name tells a key/,
      ],
      [
        'modules/function-app.bicep',
        "APPLICATIONINSIGHTS_AUTHENTICATION_STRING: '",
        "X: storage.listKeys().keys[0].value\n    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: '",
        /resource appSettings is given a key/,
      ],
      [
        'modules/app-settings.bicep',
        'var watch = {',
        "var leaked = 'HostName=x;SharedAccessKey=abc'\nvar watch = {",
        /variable leaked holds a key/,
      ],
    ],
  },
  flows: {
    check: values.flowFindings,
    planted: [
      ['modules/hub.bicep', /        \{ name: 'twins'.*\n/, '', /route of TwinChangeEvents is missing/],
      [
        'modules/hub.bicep',
        "source: 'DeviceLifecycleEvents'",
        "source: 'DeviceJobLifecycleEvents'",
        /route of DeviceLifecycleEvents is missing/,
      ],
      [
        'modules/hub.bicep',
        "authenticationType: 'identityBased'",
        "authenticationType: 'keyBased'",
        /identity-based endpoint is missing/,
      ],
      [
        'modules/event-grid.bicep',
        ", 'Microsoft.Devices.DeviceDeleted'",
        '',
        /subscription of DeviceDeleted is missing/,
      ],
      ['modules/event-grid.bicep', 'deadLetterWithResourceIdentity', 'deadLetter', /dead letters is missing/],
      ['modules/event-grid.bicep', 'maxDeliveryAttempts: 30', 'maxDeliveryAttempts: 3', /retry policy is missing/],
    ],
  },
};

describe('infra', () => {
  testChecks(checks);

  it('makes what both forms need', async () => {
    const types = new Set(namedResources(await readInfra(), 'main.bicep').map(({ type }) => type));
    expect([...types]).toEqual(
      expect.arrayContaining([
        'Microsoft.Devices/IotHubs',
        'Microsoft.EventHub/namespaces',
        'Microsoft.Web/sites',
        'Microsoft.App/containerApps',
        'Microsoft.KeyVault/vaults/secrets',
      ]),
    );
  });
});
