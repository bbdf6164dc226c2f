import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

/** "Code and test Azure Functions locally", local settings file: what the Core Tools turn into environment variables. */
const settingsFileSchema = z.looseObject({
  IsEncrypted: z.literal(false).default(false),
  Values: z.record(z.string(), z.string()).default({}),
});

export class SettingsFileError extends Error {
  readonly code: 'notASettingsFile' | 'otherHubs';
  constructor(code: SettingsFileError['code'], message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'SettingsFileError';
    this.code = code;
  }
}

const readOrEmpty = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '{}';
    throw error;
  }
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SettingsFileError('notASettingsFile', 'the settings file is not JSON; it was left alone', {
      cause: error,
    });
  }
};

/** Host names of a laboratory are `p-` or `s-` and eight hexadecimal digits; a placeholder in braces names nothing. */
const namesOtherHub = (connection: string | undefined): boolean => {
  const host = /HostName=([^;]+)/i.exec(connection ?? '')?.[1];
  return host !== undefined && !/^[ps]-[0-9a-f]{8}\./.test(host) && !host.startsWith('{');
};

/**
 * Sets `values` in a local settings file and keeps everything else in it; makes the file when there is none. Throws
 * SettingsFileError, and leaves the file alone, when it holds something else (encrypted settings, too) or the
 * connections of real hubs: their keys may be nowhere else.
 */
export const mergeSettingsFile = (file: string, values: Record<string, string>): void => {
  const read = settingsFileSchema.safeParse(parse(readOrEmpty(file)));
  if (!read.success)
    throw new SettingsFileError(
      'notASettingsFile',
      'the settings file is encrypted or is no local settings file; it was left alone',
    );
  const foreign = ['PRIMARY_HUB', 'SECONDARY_HUB'].filter((name) => namesOtherHub(read.data.Values[name]));
  if (foreign.length > 0)
    throw new SettingsFileError(
      'otherHubs',
      `the settings file names hubs that are no laboratory's (${foreign.join(', ')}); it was left alone. Move it away, or give another file.`,
    );
  const merged = { ...read.data, Values: { ...read.data.Values, ...values } };
  writeFileSync(file, `${JSON.stringify(merged, undefined, 2)}\n`, { mode: 0o600 });
};
