import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { LabDescription } from '../../lab/contracts.js';
import { descendantsOf, startScript, stillRunning, type RunningScript } from './running-script.js';

let folder: string;
let script: RunningScript | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lab-cli-'));
});
afterEach(() => {
  script?.kill();
  rmSync(folder, { recursive: true, force: true });
});
const started = (...args: string[]): RunningScript => (script = startScript('dist/lab/cli.js', args, folder));

const labOf = async (output: string): Promise<LabDescription> => {
  const control = /http:\/\/127\.0\.0\.1:\d+\/lab/.exec(output)?.[0] ?? '';
  return (await (await fetch(control)).json()) as LabDescription;
};

it('writes what to set into the settings file, keeps the rest, and ends at Ctrl-C with everything it started', async () => {
  const settings = join(folder, 'local.settings.json');
  writeFileSync(settings, JSON.stringify({ IsEncrypted: false, Values: { MINE: 'kept', PRIMARY_HUB: 'old' } }));
  const { pid, printed, output, interrupt, exited } = started('--event-hubs-port', '0', '--settings', settings);
  await printed('Ctrl-C ends it.');
  const { settings: wanted, env } = await labOf(output());
  expect(JSON.parse(readFileSync(settings, 'utf8'))).toEqual({
    IsEncrypted: false,
    Values: { MINE: 'kept', ...wanted, ...env },
  });
  const children = descendantsOf(pid);
  expect(children).toHaveLength(1);
  interrupt();
  interrupt();
  expect(await exited).toBe(0);
  expect(stillRunning(children)).toEqual([]);
  expect(readdirSync(folder)).toEqual(['local.settings.json']);
});

it('prints what to set when no file is named', async () => {
  const { printed, output } = started('--event-hubs-port', '0');
  await printed('Ctrl-C ends it.');
  const { settings, env } = await labOf(output());
  for (const [name, value] of Object.entries({ ...settings, ...env })) {
    expect(output()).toContain(`"${name}"`);
    expect(output()).toContain(JSON.stringify(value));
  }
});

it('says what is wrong with an option and starts nothing', async () => {
  const { exited, output } = started('--port', 'http');
  expect(await exited).toBe(1);
  expect(output()).toContain('A port from 0 (a free one) to 65535 is needed.');
});
