import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commandsAfterProvision, runPatiently } from '../../../infra/after-provision.mjs';
import { definitions } from '../../../src/settings/definitions.js';
import { holds } from './support/check-values.js';
import { plant, readInfra } from './support/infra-files.js';
import { builtInRoles } from './support/known.js';
import {
  commandsIn,
  costOf,
  costsIn,
  needsIn,
  placeholdersIn,
  unknownRoles,
  unknownWords,
} from './support/deploy-doc.js';

const doc = (name: string): string => readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8');
const deploy = doc('docs/deploy.md');

describe('docs/deploy.md', () => {
  it('says of each need where it is, and it is there', async () => {
    const infra = await readInfra();
    const needs = needsIn(deploy);
    expect(needs.length).toBeGreaterThan(15);
    expect(needs.filter(({ file, words }) => !holds(infra, file, words))).toEqual([]);
  });

  it('has needs of flows 1, 2, 4 and 5', () => {
    expect(new Set(needsIn(deploy).map(({ flow }) => flow[0]))).toEqual(new Set(['1', '2', '4', '5']));
  });

  it('is found wrong when what it names goes', async () => {
    const infra = await plant('modules/hub.bicep', /TwinChangeEvents/g, 'DeviceJobLifecycleEvents');
    expect(needsIn(deploy).filter(({ file, words }) => !holds(infra, file, words))).toHaveLength(1);
  });

  it('names each placeholder of its commands once, at the top', () => {
    expect(unknownWords(commandsIn(deploy), placeholdersIn(deploy))).toEqual([]);
    expect(unknownWords(['az group create --name GRUOP'], placeholdersIn(deploy))).toEqual(['GRUOP']);
  });

  it('leaves nothing to be thought of in a command', () => {
    for (const command of commandsIn(deploy)) {
      expect(command).not.toMatch(/\.\.\.|<[a-z]/);
      expect(command.match(/"/g) ?? []).toHaveLength(2 * Math.floor((command.match(/"/g)?.length ?? 0) / 2));
    }
  });

  it('names only outputs that main.bicep has', async () => {
    const main = (await readInfra()).get('main.bicep');
    const known = new Set([...(main?.outputs ?? []).map(({ name }) => name), ...placeholdersIn(deploy)]);
    const named = [...deploy.matchAll(/`((?:PRIMARY|SECONDARY)_[A-Z_]+)`/g)].map(([, name = '']) => name);
    const settings = Object.keys(definitions);
    expect(named.length).toBeGreaterThan(8);
    expect(named.filter((name) => !known.has(name) && !settings.includes(name))).toEqual([]);
  });

  it('hands the templates only parameters that they have', async () => {
    const infra = await readInfra();
    const calls = commandsIn(deploy).filter((command) => command.includes('--template-file'));
    expect(calls.length).toBeGreaterThan(3);
    for (const call of calls) {
      const file = infra.get(/--template-file infra\/(\S+)/.exec(call)?.[1] ?? '');
      const given = [...call.replace(/.*--parameters /, '').matchAll(/(\w+)=/g)].map(([, name]) => name);
      const names = file?.params.map(({ name }) => name) ?? [];
      expect(given.filter((name) => name === undefined || !names.includes(name))).toEqual([]);
      const must = file?.params.filter(({ value }) => value === undefined).map(({ name }) => name) ?? [];
      expect(must.filter((name) => !given.includes(name))).toEqual([]);
    }
  });

  it('gives only roles that there are', () => {
    const documented = Object.values(builtInRoles);
    expect(unknownRoles(commandsIn(deploy), documented)).toEqual([]);
    const misspelt = commandsIn(deploy.replace('"IoT Hub Data Reader"', '"IoT Hub Data Writer"'));
    expect(unknownRoles(misspelt, documented)).toEqual(['IoT Hub Data Writer']);
  });

  it('sends from this folder to build the image what is in the package, and nothing else', () => {
    const lines = doc('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(lines).toEqual(['*', '!out/app', '!infra/relay.Dockerfile']);
    expect(doc('infra/relay.Dockerfile').match(/^(?:COPY|ADD) .*$/gm)).toEqual(['COPY out/app/ ./']);
  });

  it('needs six commands at most with azd', () => {
    const azd = deploy.split('## With azd')[1]?.split('\n## ')[0] ?? '';
    expect(commandsIn(azd).length).toBeLessThanOrEqual(6);
  });
});

describe('what it costs', () => {
  const rows = costsIn(deploy);
  const priced = rows.filter(({ formula }) => formula !== '');
  const fleets = [1000, 100_000, 1_000_000];

  it('is told for each resource that is paid for', () => {
    expect(priced.map(({ resource }) => resource)).toEqual([
      'standby hub',
      'Event Hubs namespace',
      'Flex Consumption',
      'Event Grid',
      'storage',
      'logs',
      'Key Vault',
      'relay, container',
      'relay, Elastic Premium',
    ]);
  });

  it('follows from the formulas', () => {
    expect(priced.map((row) => [row.resource, fleets.map((devices) => costOf(row, devices))])).toEqual(
      priced.map(({ resource, told }) => [resource, told]),
    );
  });

  it('is found wrong when a price changes', () => {
    const dearer = costsIn(deploy.replace('0.028 x D', '0.28 x D')).find(({ formula }) => formula.startsWith('22'));
    expect(dearer && fleets.map((devices) => costOf(dearer, devices))).not.toEqual(dearer?.told);
  });

  it('is summed up without the relay', () => {
    const sum = rows.findIndex(({ formula }) => formula === '');
    const before = rows.slice(0, sum).map(({ told }) => told);
    expect(rows[sum]?.told).toEqual(
      fleets.map((_, index) => before.reduce((all, told) => all + (told[index] ?? 0), 0)),
    );
  });
});

describe('after azd provision', () => {
  /** Its own variables, and one that docs/deploy.md sets. */
  const givenByAzd = ['AZURE_ENV_NAME', 'AZURE_SUBSCRIPTION_ID', 'SECONDARY_LOCATION'];
  const outputs = Object.fromEntries(
    [
      ...givenByAzd,
      ...['PRIMARY', 'SECONDARY'].flatMap((role) =>
        ['RESOURCE_GROUP', 'HUB_NAME', 'HUB_RESOURCE_GROUP', 'HUB_LOCATION', 'STORAGE_NAME'].map(
          (part) => `${role}_${part}`,
        ),
      ),
    ].map((name) => [name, name.toLowerCase()]),
  );
  const small = { ...outputs, SECONDARY_APP_NAME: 'func-s', PRIMARY_APP_NAME: '' };

  it('publishes one app in the small form and two in the paired one, then subscribes', () => {
    const programs = (env: Record<string, string>) =>
      commandsAfterProvision(env).map(([program, args]) => `${program} ${args[0]}`);
    expect(programs(small)).toEqual(['npm ci', 'npm run', 'az functionapp', 'az deployment']);
    expect(programs({ ...small, PRIMARY_APP_NAME: 'func-p' })).toEqual([
      'npm ci',
      'npm run',
      'az functionapp',
      'az functionapp',
      'az deployment',
    ]);
  });

  it('works in the subscription of azd, whichever az has chosen, and with no argument that a shell would read', () => {
    const commands = commandsAfterProvision({ ...small, PRIMARY_APP_NAME: 'func-p' });
    const inAzure = commands.filter(([program]) => program === 'az').map(([, args]) => args);
    expect(inAzure.map((args) => args[args.indexOf('--subscription') + 1])).toEqual(
      inAzure.map(() => 'azure_subscription_id'),
    );
    for (const arg of commands.flatMap(([, args]) => args)) expect(arg).toMatch(/^[\w./=-]+$/);
  });

  it('asks again while the app still starts, and gives up in the end', async () => {
    let failures = 2;
    let pauses = 0;
    const run = () => {
      if (failures-- > 0) throw new RangeError('endpoint not found');
      return 'subscribed';
    };
    const pause = () => Promise.resolve((pauses += 1));
    expect(await runPatiently(run, pause)).toBe('subscribed');
    expect(pauses).toBe(2);
    failures = 9;
    await expect(runPatiently(run, pause)).rejects.toThrow('endpoint not found');
    expect(pauses).toBe(5);
  });

  it('gives the subscriptions each parameter that events.bicep has', async () => {
    const events = (await readInfra()).get('events.bicep');
    const given = commandsAfterProvision({ ...small, PRIMARY_APP_NAME: 'func-p' }).at(-1)?.[1] ?? [];
    const names = given.slice(given.indexOf('--parameters') + 1).map((text: string) => text.split('=')[0]);
    expect(new Set(names)).toEqual(new Set(events?.params.map(({ name }) => name).filter((name) => name !== 'tags')));
  });

  it('says which output is missing', () => {
    expect(() => commandsAfterProvision({ ...small, SECONDARY_APP_NAME: '' })).toThrow(/SECONDARY_APP_NAME is not set/);
  });

  it('is given each name by an output of main.bicep or by azd', async () => {
    const main = (await readInfra()).get('main.bicep');
    const outputNames = main?.outputs.map(({ name }) => name) ?? [];
    const missing = Object.keys(small).filter((name) => !outputNames.includes(name) && !givenByAzd.includes(name));
    expect(missing).toEqual([]);
  });

  it('gives main.bicep only parameters that it has, and all that it must have', async () => {
    const main = (await readInfra()).get('main.bicep');
    const file = JSON.parse(doc('infra/main.parameters.json')) as { parameters: Record<string, unknown> };
    const names = main?.params.map(({ name }) => name) ?? [];
    expect(Object.keys(file.parameters).filter((name) => !names.includes(name))).toEqual([]);
    const must = main?.params.filter(({ value }) => value === undefined).map(({ name }) => name) ?? [];
    expect(must.filter((name) => !(name in file.parameters))).toEqual([]);
  });
});
