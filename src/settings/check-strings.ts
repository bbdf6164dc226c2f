import { connectionStringPart, type Connection } from './connection.js';
import { hostNameProblem, holdsPlaceholder, isKey, namespaceOf } from './addresses.js';
import type { Env } from './environment.js';

/** What the SDKs would find out later, in sentences that may quote a key. Each problem names its setting and holds no value. */
type Tell = (problem: string) => void;

const isServiceBus = (host: string): boolean => /\.servicebus\./i.test(host);

function checkPolicy(value: string, tell: Tell): void {
  if (!connectionStringPart(value, 'SharedAccessKeyName')) tell('no SharedAccessKeyName in the connection string');
  const key = connectionStringPart(value, 'SharedAccessKey');
  if (!key) tell('no SharedAccessKey in the connection string');
  else if (!isKey(key)) tell('the SharedAccessKey in the connection string is not base64');
}

/** Of a hub: `HostName=...;SharedAccessKeyName=...;SharedAccessKey=...`, or the host name alone. */
export function checkHub(hostName: string, connection: Connection, tell: Tell): void {
  const problem = hostNameProblem(hostName) ?? (isServiceBus(hostName) ? 'is an Event Hubs namespace' : undefined);
  const what = connection.kind === 'identity' ? '__hostName' : 'HostName';
  if (problem) tell(`${what} ${problem}`);
  if (connection.kind === 'connectionString') checkPolicy(connection.value, tell);
}

/** Of an Event Hubs namespace, with the name of the one event hub that is read or written. `tellName`: of the setting with that name. */
export function checkNamespace(connection: Connection, eventHubName: string, tell: Tell, tellName: Tell): void {
  if (connection.kind === 'identity') {
    const problem = hostNameProblem(connection.address['fullyQualifiedNamespace'] ?? '');
    if (problem) tell(`__fullyQualifiedNamespace ${problem}`);
    return;
  }
  const { value } = connection;
  if (connectionStringPart(value, 'HostName')) {
    tell("is a hub's connection string, not that of an Event Hubs namespace");
    return;
  }
  const namespace = namespaceOf(connection);
  if (namespace === undefined) tell('no Endpoint=sb://NAMESPACE/ in the connection string');
  const entity = connectionStringPart(value, 'EntityPath');
  if (entity !== undefined && entity !== eventHubName)
    tellName('is another Event Hub than the EntityPath in its connection string');
  checkPolicy(value, tell);
}

/** Of a storage account: its own string, one with a SAS, or Azurite's. */
export function checkAccount(connection: Connection, tell: Tell): void {
  if (connection.kind === 'identity') return;
  const { value } = connection;
  if (/^UseDevelopmentStorage=true;?$/i.test(value)) return;
  const part = (name: string) => connectionStringPart(value, name);
  if (part('SharedAccessSignature')) {
    for (const name of ['BlobEndpoint', 'QueueEndpoint', 'TableEndpoint'])
      if (!part(name)) tell(`no ${name} in the connection string with a SharedAccessSignature`);
    return;
  }
  if (!part('AccountName')) tell('no AccountName in the connection string');
  const key = part('AccountKey');
  if (!key) tell('no AccountKey in the connection string');
  else if (!isKey(key)) tell('the AccountKey in the connection string is not base64');
}

/** `managedidentity` alone has a meaning; anything else would silently be the default chain of credentials. */
export function checkIdentity(env: Env, name: string, tell: Tell): void {
  const credential = env[`${name}__credential`];
  if (credential !== undefined && credential.toLowerCase() !== 'managedidentity')
    tell('__credential must be managedidentity, or unset for a developer or workload identity');
}

/** Of any connection, whatever it leads to. */
export function checkPlaceholders(env: Env, name: string, parts: readonly string[], tell: Tell): void {
  const names = [name, ...[...parts, 'credential', 'clientId'].map((part) => `${name}__${part}`)];
  for (const each of names)
    if (holdsPlaceholder(env[each] ?? '')) tell(`${each.slice(name.length)} still holds a {placeholder}`.trim());
}
