import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commandsAfterProvision } from '../../../infra/after-provision.mjs';
import { holds } from './support/check-values.js';
import { plant, readInfra } from './support/infra-files.js';
import { commandsIn, needsIn, placeholdersIn, unknownWords } from './support/deploy-doc.js';

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

  it('needs six commands at most with azd', () => {
    const azd = deploy.split('## With azd')[1]?.split('\n## ')[0] ?? '';
    expect(commandsIn(azd).length).toBeLessThanOrEqual(6);
  });
});

describe('after azd provision', () => {
  const outputs = Object.fromEntries(
    [
      'AZURE_ENV_NAME',
      'SECONDARY_LOCATION',
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
    expect(programs(small)).toEqual(['npm run', 'az functionapp', 'az deployment']);
    expect(programs({ ...small, PRIMARY_APP_NAME: 'func-p' })).toEqual([
      'npm run',
      'az functionapp',
      'az functionapp',
      'az deployment',
    ]);
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
    const missing = Object.keys(small).filter(
      (name) => !outputNames.includes(name) && !['AZURE_ENV_NAME', 'SECONDARY_LOCATION'].includes(name),
    );
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
