import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { mergeSettingsFile, SettingsFileError } from '../../../lab/settings-file.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'settings-'));
  file = join(folder, 'local.settings.json');
});
afterEach(() => rmSync(folder, { recursive: true }));
const content = (): unknown => JSON.parse(readFileSync(file, 'utf8'));

it('makes the file when there is none', () => {
  mergeSettingsFile(file, { A: '1' });
  expect(content()).toEqual({ IsEncrypted: false, Values: { A: '1' } });
});

it('keeps what it does not set', () => {
  writeFileSync(
    file,
    JSON.stringify({ IsEncrypted: false, Values: { A: 'old', B: 'kept' }, Host: { LocalHttpPort: 7 } }),
  );
  mergeSettingsFile(file, { A: 'new' });
  expect(content()).toEqual({ IsEncrypted: false, Values: { A: 'new', B: 'kept' }, Host: { LocalHttpPort: 7 } });
});

it.each([
  ['not JSON', '{'],
  ['encrypted', '{"IsEncrypted":true,"Values":{"A":"x"}}'],
  ['something else', '[]'],
])('leaves a file alone that is %s', (_name, text) => {
  writeFileSync(file, text);
  expect(() => mergeSettingsFile(file, { A: 'new' })).toThrow(SettingsFileError);
  expect(readFileSync(file, 'utf8')).toBe(text);
});

it.each(['PRIMARY_HUB', 'SECONDARY_HUB'])(
  'leaves a file alone that names a real hub in %s: its key may be nowhere else',
  (name) => {
    const text = JSON.stringify({
      IsEncrypted: false,
      Values: { [name]: 'HostName=contoso.azure-devices.net;SharedAccessKey=x' },
    });
    writeFileSync(file, text);
    expect(() => mergeSettingsFile(file, { [name]: 'HostName=p-00000000.azure-devices.net' })).toThrow(name);
    expect(readFileSync(file, 'utf8')).toBe(text);
  },
);

it('takes the place of an earlier laboratory, and of placeholders', () => {
  const hub = (host: string) => `HostName=${host}.azure-devices.net`;
  writeFileSync(
    file,
    JSON.stringify({ Values: { PRIMARY_HUB: hub('p-0123abcd'), SECONDARY_HUB: hub('{secondary}') } }),
  );
  mergeSettingsFile(file, { PRIMARY_HUB: hub('p-11111111'), SECONDARY_HUB: hub('s-11111111') });
  expect(readFileSync(file, 'utf8')).toContain('s-11111111');
});
