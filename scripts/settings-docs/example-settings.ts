import type { SettingDefinition } from '../../src/settings/definition.js';

/** local.settings.example.json: what most people set, with `{braces}` to fill in. */
export const exampleSettings = (definitions: Readonly<Record<string, SettingDefinition>>) => ({
  IsEncrypted: false,
  Values: {
    FUNCTIONS_WORKER_RUNTIME: 'node',
    ...Object.fromEntries(
      Object.entries(definitions).flatMap(([name, { example }]) => (example === undefined ? [] : [[name, example]])),
    ),
  },
});
