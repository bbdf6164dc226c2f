import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const hub = (name: string) => `HostName=${name}.azure-devices.net;SharedAccessKeyName=app;SharedAccessKey=c2VjcmV0`;
const settings = {
  PRIMARY_HUB: hub('p'),
  SECONDARY_HUB: hub('s'),
  PRIMARY_TWIN_EVENTS: 'Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=app;SharedAccessKey=c2VjcmV0',
  AzureWebJobsStorage: 'UseDevelopmentStorage=true',
};

/** Loads the entry point as the worker does, and prints which functions it registered. */
const script = `
  const names = [];
  require('@azure/functions-core').registerFunction = (metadata) => { names.push(metadata.name); return { dispose() {} }; };
  import(require('node:path').resolve('dist/src/index.js')).then(() => console.log(JSON.stringify(names)));
`;
const load = (env: Record<string, string>) =>
  run(process.execPath, ['--disable-warning=DEP0040', '--eval', script], {
    env: { PATH: process.env['PATH'], ...env },
  });

describe('dist/src/index.js under plain node', () => {
  it('is what package.json names as main, built', () => {
    // Run `npm run build` first where this fails.
    expect(existsSync('dist/src/index.js')).toBe(true);
    expect(JSON.parse(readFileSync('package.json', 'utf8'))).toMatchObject({
      main: 'dist/src/index.js',
      type: 'module',
    });
  });

  it('registers each function whose settings are there', async () => {
    const { stdout } = await load(settings);
    expect(JSON.parse(stdout)).toEqual([
      'registrySync',
      'registryRetry',
      'registrySweep',
      'ledgerPurge',
      'twinSync',
      'deviceRouting',
      'firstRouting',
      'syncDevice',
      'confirmDelete',
      'closeBreaker',
      'health',
    ]);
  });

  const resource = '/subscriptions/0/resourceGroups/g/providers/Microsoft.Devices/IotHubs/p';
  it.each([
    [
      'sync',
      [
        'registrySync',
        'registryRetry',
        'registrySweep',
        'ledgerPurge',
        'twinSync',
        'firstRouting',
        'syncDevice',
        'confirmDelete',
        'closeBreaker',
        'health',
      ],
    ],
    ['routing', ['deviceRouting', 'firstRouting', 'health']],
  ])('registers only what belongs to the feature %s, and health', async (features, names) => {
    const { stdout } = await load({ ...settings, FEATURES: features });
    expect(JSON.parse(stdout)).toEqual(names);
  });

  it.each(['failover', 'relay'])('mirrors and routes nothing where %s is deployed alone', async (feature) => {
    const { stdout } = await load({
      ...settings,
      FEATURES: feature,
      PRIMARY_HUB_RESOURCE_ID: resource,
      PRIMARY_HUB_EVENTS:
        'Endpoint=sb://e.servicebus.windows.net/;SharedAccessKeyName=r;SharedAccessKey=c2VjcmV0;EntityPath=p',
      RELAY_TARGET: settings.PRIMARY_TWIN_EVENTS,
    });
    const names = JSON.parse(stdout) as string[];
    expect(names).toContain('health');
    expect(names.length).toBeGreaterThan(2);
    for (const other of ['registrySync', 'registryRetry', 'twinSync', 'syncDevice', 'deviceRouting', 'firstRouting'])
      expect(names).not.toContain(other);
  });

  it('ends with an error that names every bad setting, and registers nothing', async () => {
    await expect(load({ TWIN_CONCURRENCY: 'many' })).rejects.toMatchObject({
      stdout: '',
      stderr: expect.stringMatching(/PRIMARY_HUB[^]*SECONDARY_HUB[^]*|TWIN_CONCURRENCY/),
    });
  });
});
