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
  name: 'STATE_STORAGE' | 'STATE_STORAGE_SECOND' | 'STATE_STORAGE_WITNESS' | 'AzureWebJobsStorage',
  problems: string[],
): StorageSettings | undefined {
  const { parts } = definitions[name];
  const connection = readConnection(env, name, parts);
  if (connection?.kind === 'identity' && !connection.address['accountName'])
    for (const part of parts.filter((each) => each !== 'accountName'))
      if (!connection.address[part]) problems.push(`${name}: set ${name}__accountName, or ${name}__${part} as well`);
  return connection && { connectionName: name, connection };
}

export interface StateStorages {
  first?: StorageSettings;
  /** Of the routing document alone. */
  second?: StorageSettings;
  /** As well; only beside a second one. */
  witness?: StorageSettings;
}

/** The account of the app's state, and those of further copies of the routing document; what is wrong is added to `problems`. */
export function readStorages(env: Env, problems: string[]): StateStorages {
  const first = readStorage(env, 'STATE_STORAGE', problems) ?? readStorage(env, 'AzureWebJobsStorage', problems);
  const second = readStorage(env, 'STATE_STORAGE_SECOND', problems);
  const witness = readStorage(env, 'STATE_STORAGE_WITNESS', problems);
  if (witness && !second)
    problems.push('STATE_STORAGE_WITNESS: set STATE_STORAGE_SECOND too, two accounts need no witness');
  if (!first) problems.push('STATE_STORAGE: neither it nor AzureWebJobsStorage is set');
  return { ...(first ? { first } : {}), ...(second ? { second } : {}), ...(witness ? { witness } : {}) };
}
