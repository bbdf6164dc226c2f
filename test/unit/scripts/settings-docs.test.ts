import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { settingsDocuments } from '../../../scripts/settings-docs/documents.js';
import { withSection } from '../../../scripts/settings-docs/readme-section.js';
import { text, type SettingDefinition } from '../../../src/settings/definition.js';
import { definitions } from '../../../src/settings/definitions.js';
import { loadSettings } from '../../../src/settings.js';

const all: Record<string, SettingDefinition> = definitions;

describe('what is made from the settings', () => {
  it('is up to date; if not, run `npm run settings-docs`', async () => {
    for (const { path, text } of await settingsDocuments(all))
      expect([path, readFileSync(path, 'utf8')]).toEqual([path, text]);
  });

  it('differs from the files as soon as a setting is added', async () => {
    const added = { ...text('8'), features: ['sync'], meaning: 'a setting|that is new', example: '7' } as const;
    const documents = await settingsDocuments({ ...all, NEW_SETTING: added });
    for (const { path, text } of documents) expect(readFileSync(path, 'utf8')).not.toEqual(text);
    expect(documents[0]?.text).toMatch(/\| `NEW_SETTING` +\| `8` +\| +\| sync +\| a setting\\\|that is new +\|/);
    expect(documents[1]?.text).toContain('"NEW_SETTING": "7"');
  });

  it('keeps what stands around the section, and does not guess where it belongs', () => {
    const readme = readFileSync('README.md', 'utf8');
    const made = withSection(readme, 'SECTION');
    expect(made?.startsWith(readme.slice(0, readme.indexOf('<!-- settings')))).toBe(true);
    expect(made?.endsWith(readme.slice(readme.indexOf('<!-- settings: end')))).toBe(true);
    expect(withSection('no markers', 'SECTION')).toBeUndefined();
  });

  it('is an example that the app starts with once its braces are filled in', () => {
    const { Values } = JSON.parse(readFileSync('local.settings.example.json', 'utf8')) as {
      Values: Record<string, string>;
    };
    const fill = (value: string) => value.replaceAll('{key}', 'c2VjcmV0').replaceAll(/\{([^}]*)\}/g, '$1');
    const filled = Object.entries(Values).map(([name, value]) => [name, fill(value)]);
    const settings = loadSettings(Object.fromEntries(filled));
    expect([...settings.features]).toEqual(['sync', 'routing']);
    expect(Object.keys(settings.twinEvents)).toEqual(['primary', 'secondary']);
  });
});

describe('each setting', () => {
  it.each(Object.entries(all))(
    '%s is described: one sentence without its full stop, and a feature',
    (_name, setting) => {
      expect(setting.meaning).toMatch(/^[^\n]+[^.\n]$/);
      expect(setting.features.length).toBeGreaterThan(0);
    },
  );

  it.each(Object.entries(all))('%s that is unset is what its description says', (_name, setting) => {
    if (setting.kind === 'connection') return;
    const value = setting.schema.parse(undefined);
    const items = value instanceof Set ? [...value] : [value ?? []].flat();
    // A list of nothing but `$Default` is empty: that group always is there.
    const unset = /^`(.+)`$/.exec(setting.unset)?.[1]?.replace('$Default', '');
    expect(items.join(',').replace('$Default', '')).toBe(unset ?? '');
  });
});
