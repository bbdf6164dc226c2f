import { connectionStringPart, type Connection } from './connection.js';
import { hostNameProblem, holdsPlaceholder, isKey, namespaceOf } from './addresses.js';
import type { Env } from './environment.js';

/** What the SDKs would find out later, in sentences that may quote a key. Each problem names its setting and holds no value. */
type Tell = (problem: string) => void;

const isServiceBus = (host: string): boolean => /\.servicebus\./i.test(host);

/** Names of parts as the SDKs compare them: with their case. */
const partNames = (
  'HostName SharedAccessKeyName SharedAccessKey SharedAccessSignature Endpoint EntityPath AccountName AccountKey ' +
  'DefaultEndpointsProtocol EndpointSuffix BlobEndpoint QueueEndpoint TableEndpoint UseDevelopmentStorage UseDevelopmentEmulator'
).split(' ');
const wrongCase = (name: string): boolean =>
  !partNames.includes(name) && partNames.some((each) => each.toLowerCase() === name.toLowerCase());

/** `NAME=value;NAME=value`, each name once and as it is written everywhere. */
export function checkShape(value: string, tell: Tell): void {
  const problems = new Set<string>();
  const seen = new Set<string>();
  for (const segment of value.split(';').filter((each) => each !== '')) {
    const at = segment.indexOf('=');
    const name = segment.slice(0, Math.max(0, at));
    if (at < 1) problems.add('is no connection string: a part of it is not NAME=value');
    else if (seen.has(name)) problems.add('has a part twice in the connection string');
    // A token of Event Hubs begins with a word and a space.
    else if (/\s/.test(segment.replace('=SharedAccessSignature ', '=')))
      problems.add('has a space in the connection string');
    else if (wrongCase(name)) problems.add('has the name of a part in another case in the connection string');
    seen.add(name);
  }
  for (const problem of problems) tell(problem);
}

/** The documented string of the emulators has a word for a key. */
const isEmulator = (value: string): boolean =>
  connectionStringPart(value, 'UseDevelopmentEmulator')?.toLowerCase() === 'true';

function checkPolicy(value: string, tell: Tell): void {
  if (!connectionStringPart(value, 'SharedAccessKeyName')) tell('no SharedAccessKeyName in the connection string');
  const key = connectionStringPart(value, 'SharedAccessKey');
  if (!key) tell('no SharedAccessKey in the connection string');
  else if (!isKey(key) && !isEmulator(value)) tell('the SharedAccessKey in the connection string is not base64');
}

/** Of a hub: `HostName=...;SharedAccessKeyName=...;SharedAccessKey=...`, or the host name alone. */
export function checkHub(hostName: string, connection: Connection, tell: Tell): void {
  const problem = hostNameProblem(hostName) ?? (isServiceBus(hostName) ? 'is an Event Hubs namespace' : undefined);
  const what = connection.kind === 'identity' ? '__hostName' : 'HostName';
  if (problem) tell(`${what} ${problem}`);
  if (connection.kind === 'connectionString') checkPolicy(connection.value, tell);
}

/** Of the Event Hubs namespace of setting `name`, with the one event hub that is read or written. `tellName`: of the setting with that. */
export function checkNamespace(
  name: string,
  connection: Connection,
  eventHubName: string,
  tell: Tell,
  tellName: Tell,
): void {
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
  if (entity !== undefined && entity !== eventHubName) tellName(`is another Event Hub than the EntityPath of ${name}`);
  if (!connectionStringPart(value, 'SharedAccessSignature')) checkPolicy(value, tell);
}

/** Microsoft.Storage: 3 to 24 lower case letters and digits. */
const ACCOUNT = /^[a-z0-9]{3,24}$/;

/** Of a storage account: its own string, one with a SAS, or Azurite's. */
export function checkAccount(connection: Connection, tell: Tell): void {
  if (connection.kind === 'identity') {
    const { accountName } = connection.address;
    if (accountName !== undefined && !ACCOUNT.test(accountName)) tell('__accountName is no name of a storage account');
    for (const part of ['blobServiceUri', 'queueServiceUri', 'tableServiceUri'])
      if (!/^https?:\/\/[^\s/]/i.test(connection.address[part] ?? 'https://unset'))
        tell(`__${part} must be an address, https://...`);
    return;
  }
  const { value } = connection;
  if (/^UseDevelopmentStorage=true;?$/i.test(value)) return;
  const part = (name: string) => connectionStringPart(value, name);
  if (part('SharedAccessSignature')) {
    for (const name of ['BlobEndpoint', 'QueueEndpoint', 'TableEndpoint'])
      if (!part(name)) tell(`no ${name} in the connection string with a SharedAccessSignature`);
    return;
  }
  if (!part('AccountName')) tell('no AccountName in the connection string');
  // @azure/storage-blob, extractConnectionStringParts: both are needed where no address is given.
  for (const name of ['DefaultEndpointsProtocol', 'EndpointSuffix'])
    if (!part('BlobEndpoint') && !part(name)) tell(`no ${name} in the connection string`);
  const key = part('AccountKey');
  if (!key) tell('no AccountKey in the connection string');
  else if (!isKey(key)) tell('the AccountKey in the connection string is not base64');
}

/** `managedidentity` alone has a meaning; anything else would silently be the default chain of credentials. */
export function checkIdentity(env: Env, name: string, parts: readonly string[], tell: Tell): void {
  const credential = env[`${name}__credential`];
  const clientId = env[`${name}__clientId`];
  if (credential !== undefined && credential.toLowerCase() !== 'managedidentity')
    tell('__credential must be managedidentity, or unset for a developer or workload identity');
  if (/\s/.test(clientId ?? '')) tell('__clientId has a space in it');
  const hasAddress = env[name] !== undefined || parts.some((part) => env[`${name}__${part}`] !== undefined);
  if ((credential ?? clientId) !== undefined && !hasAddress)
    tell(`__${parts[0]} must be set, too: ${name}__credential alone leads nowhere`);
}

/** Of any connection, whatever it leads to. */
export function checkPlaceholders(env: Env, name: string, parts: readonly string[], tell: Tell): void {
  const names = [name, ...[...parts, 'credential', 'clientId'].map((part) => `${name}__${part}`)];
  for (const each of names) {
    const problem = unfilled(env[each] ?? '');
    if (problem) tell(`${each.slice(name.length)} ${problem}`.trim());
  }
}

/** Nobody has filled the value in; undefined where somebody has. App Service leaves a reference that it could not read as it is. */
export function unfilled(text: string): string | undefined {
  if (/^@Microsoft\.(?:KeyVault|AppConfiguration)\(/i.test(text)) return 'holds a reference that was not resolved';
  return holdsPlaceholder(text) ? 'still holds a {placeholder}' : undefined;
}
