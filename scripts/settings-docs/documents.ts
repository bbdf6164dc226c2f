import { readFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import type { SettingDefinition } from '../../src/settings/definition.js';
import { exampleSettings } from './example-settings.js';
import { settingsSection, withSection } from './readme-section.js';

export interface SettingsDocument {
  path: string;
  /** What the file should hold. */
  text: string;
}

const formatted = async (path: string, text: string): Promise<string> =>
  format(text, { ...(await resolveConfig(path)), filepath: path });

/** Both files that are made from the settings, as they should be. Reads README of the current folder for what surrounds its section. */
export async function settingsDocuments(
  definitions: Readonly<Record<string, SettingDefinition>>,
): Promise<SettingsDocument[]> {
  const readme = withSection(await readFile('README.md', 'utf8'), settingsSection(definitions));
  if (readme === undefined) throw new TypeError('README.md has lost the markers of its settings section');
  const example = 'local.settings.example.json';
  return [
    { path: 'README.md', text: await formatted('README.md', readme) },
    { path: example, text: await formatted(example, JSON.stringify(exampleSettings(definitions))) },
  ];
}
