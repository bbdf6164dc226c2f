import type { HubRole } from '../hub-model.js';
import { hubNameOf, isSameHub } from '../hub-name.js';
import { connectionStringPart, readConnection, type Connection } from './connection.js';
import { definitions } from './definitions.js';
import type { Env } from './environment.js';

export interface HubSettings {
  role: HubRole;
  /** First label of the host name: what events call `hubName`. */
  name: string;
  hostName: string;
  connection: Connection;
}

function readHub(env: Env, role: HubRole, problems: string[]): HubSettings | undefined {
  const prefix = role === 'primary' ? 'PRIMARY_HUB' : 'SECONDARY_HUB';
  const connection = readConnection(env, prefix, definitions[prefix].parts);
  if (!connection) {
    problems.push(`${prefix}: set it to a connection string, or set ${prefix}__hostName`);
    return undefined;
  }
  const hostName =
    connection.kind === 'connectionString'
      ? connectionStringPart(connection.value, 'HostName')
      : connection.address['hostName'];
  if (!hostName) {
    problems.push(`${prefix}: no HostName in the connection string`);
    return undefined;
  }
  return { role, name: hubNameOf(hostName), hostName, connection };
}

/** Those that can be read; they must be two. What is wrong is added to `problems`. */
export function readHubs(env: Env, problems: string[]): Partial<Record<HubRole, HubSettings>> {
  const primary = readHub(env, 'primary', problems);
  const secondary = readHub(env, 'secondary', problems);
  // Hubs are known by name everywhere, so two of one name in two clouds can't be told apart either.
  if (primary && secondary && isSameHub(primary.name, secondary.name))
    problems.push('SECONDARY_HUB: is the same hub as PRIMARY_HUB (the first label of the host name is the hub)');
  return { ...(primary ? { primary } : {}), ...(secondary ? { secondary } : {}) };
}
