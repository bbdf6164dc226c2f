import { readConnection, type Connection } from './connection.js';
import { definitions } from './definitions.js';
import type { Env } from './environment.js';

export interface StorageSettings {
  /** The prefix of the settings, for bindings. */
  connectionName: string;
  connection: Connection;
}

function readStorage(
  env: Env,
  name: 'STATE_STORAGE' | 'STATE_STORAGE_SECOND' | 'AzureWebJobsStorage',
  problems: string[],
): StorageSettings | undefined {
  const { parts } = definitions[name];
  const connection = readConnection(env, name, parts);
  if (connection?.kind === 'identity' && !connection.address['accountName'])
    for (const part of parts.filter((each) => each !== 'accountName'))
      if (!connection.address[part]) problems.push(`${name}: set ${name}__accountName, or ${name}__${part} as well`);
  return connection && { connectionName: name, connection };
}

/** The account of the app's state, and a second one if there is; what is wrong is added to `problems`. */
export function readStorages(env: Env, problems: string[]): { first?: StorageSettings; second?: StorageSettings } {
  const first = readStorage(env, 'STATE_STORAGE', problems) ?? readStorage(env, 'AzureWebJobsStorage', problems);
  const second = readStorage(env, 'STATE_STORAGE_SECOND', problems);
  if (!first) problems.push('STATE_STORAGE: neither it nor AzureWebJobsStorage is set');
  return { ...(first ? { first } : {}), ...(second ? { second } : {}) };
}
