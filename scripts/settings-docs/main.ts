// Writes README's settings section and local.settings.example.json from src/settings. `npm test` fails where they differ.
import { writeFile } from 'node:fs/promises';
import { definitions } from '../../src/settings/definitions.js';
import { settingsDocuments } from './documents.js';

for (const { path, text } of await settingsDocuments(definitions)) {
  await writeFile(path, text);
  console.log(`wrote ${path}`);
}
