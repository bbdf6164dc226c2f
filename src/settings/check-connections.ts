import { hubNameOf } from '../hub-name.js';
import { accountOf, namespaceOf } from './addresses.js';
import {
  checkAccount,
  checkHub,
  checkIdentity,
  checkNamespace,
  checkPlaceholders,
  checkShape,
  unfilled,
} from './check-strings.js';
import { connectionStringPart, readConnection, type Connection } from './connection.js';
import { definitions } from './definitions.js';
import type { Env } from './environment.js';
import type { SettingValues } from './read-values.js';

type ConnectionName = {
  [Name in keyof typeof definitions]: (typeof definitions)[Name] extends { kind: 'connection' } ? Name : never;
}[keyof typeof definitions];

const hubs = ['PRIMARY_HUB', 'SECONDARY_HUB'] as const;
const accounts = ['AzureWebJobsStorage', 'STATE_STORAGE', 'STATE_STORAGE_SECOND', 'STATE_STORAGE_WITNESS'] as const;
const namespaces = [
  ['PRIMARY_TWIN_EVENTS', 'PRIMARY_TWIN_EVENT_HUB'],
  ['SECONDARY_TWIN_EVENTS', 'SECONDARY_TWIN_EVENT_HUB'],
  ['RELAY_TARGET', 'RELAY_TARGET_EVENT_HUB'],
] as const;

const hostNameOf = (connection: Connection): string =>
  (connection.kind === 'connectionString'
    ? connectionStringPart(connection.value, 'HostName')
    : connection.address['hostName']) ?? '';

/** What a string and `__part`s beside it each lead to: they must not be two. */
const addressOf: Record<ConnectionName, (connection: Connection) => string | undefined> = {
  PRIMARY_HUB: (connection) => hubNameOf(hostNameOf(connection)).toLowerCase(),
  SECONDARY_HUB: (connection) => hubNameOf(hostNameOf(connection)).toLowerCase(),
  AzureWebJobsStorage: accountOf,
  STATE_STORAGE: accountOf,
  STATE_STORAGE_SECOND: accountOf,
  STATE_STORAGE_WITNESS: accountOf,
  PRIMARY_TWIN_EVENTS: namespaceOf,
  SECONDARY_TWIN_EVENTS: namespaceOf,
  RELAY_TARGET: namespaceOf,
};

/** Checks every connection that is set, and what must differ between them. What is wrong is added to `problems`, without values. */
export function checkConnections(env: Env, set: SettingValues, problems: string[]): void {
  const tellOf = (name: string) => (problem: string) =>
    void problems.push(problem.startsWith('__') ? `${name}${problem}` : `${name}: ${problem}`);
  const read = (name: ConnectionName) => readConnection(env, name, definitions[name].parts);

  for (const name of Object.keys(addressOf) as ConnectionName[]) {
    const { parts } = definitions[name];
    const tell = tellOf(name);
    checkPlaceholders(env, name, parts, tell);
    checkIdentity(env, name, parts, tell);
    const { [name]: text, ...rest } = env;
    if (text !== undefined) checkShape(text, tell);
    const byIdentity = text === undefined ? undefined : readConnection(rest, name, parts);
    const byString = read(name);
    const addresses = [byIdentity, byString].map((each) => each && addressOf[name](each));
    if (addresses.every((each) => each !== undefined) && addresses[0] !== addresses[1])
      tell(`is set, and ${name}__${parts[0]} or another part of it names another address`);
  }
  for (const name of hubs) {
    const connection = read(name);
    if (connection && hostNameOf(connection)) checkHub(hostNameOf(connection), connection, tellOf(name));
  }
  for (const name of accounts) {
    const connection = read(name);
    if (connection) checkAccount(connection, tellOf(name));
  }
  for (const [name, nameSetting] of namespaces) {
    const connection = read(name);
    if (connection) checkNamespace(name, connection, set[nameSetting], tellOf(name), tellOf(nameSetting));
  }
  // A value may hold braces of its own; one that is all braces is the example's.
  for (const [name, { kind }] of Object.entries(definitions)) {
    const value = env[name] ?? '';
    if (kind === 'value' && (!/\{/.test(value) || /^\{.*\}$/.test(value))) {
      const problem = unfilled(value);
      if (problem) tellOf(name)(problem);
    }
  }
  checkApart(read, set, tellOf);
}

interface Place {
  name: string;
  nameSetting: string;
  at: string;
}

/** Of two that lead to one event hub the later is told. */
function checkPlaces(places: readonly Place[], tellOf: (name: string) => (problem: string) => void): void {
  const seen = new Map<string, string>();
  for (const { name, nameSetting, at } of places) {
    const other = seen.get(at);
    if (other !== undefined) tellOf(nameSetting)(`is the event hub of ${other}: ${name} needs one of its own`);
    seen.set(at, name);
  }
}

/** Two readers of one event hub take each other's events for their own; two copies in one account are one copy. */
function checkApart(
  read: (name: ConnectionName) => Connection | undefined,
  set: SettingValues,
  tellOf: (name: string) => (problem: string) => void,
): void {
  const written = namespaces.flatMap(([name, nameSetting]): Place[] => {
    const connection = read(name);
    const namespace = connection && namespaceOf(connection);
    return namespace === undefined ? [] : [{ name, nameSetting, at: `${namespace}/${set[nameSetting]}`.toLowerCase() }];
  });
  const builtIn = (['PRIMARY_HUB_EVENTS', 'SECONDARY_HUB_EVENTS'] as const).flatMap((name): Place[] => {
    const { hostName, eventHubName } = set[name]?.endpoint ?? {};
    return hostName ? [{ name, nameSetting: name, at: `${hostName}/${eventHubName}`.toLowerCase() }] : [];
  });
  checkPlaces(written, tellOf);
  checkPlaces([...builtIn, ...written.filter(({ name }) => name === 'RELAY_TARGET')], tellOf);

  const seen = new Map<string, string>();
  const first = read('STATE_STORAGE') ? 'STATE_STORAGE' : 'AzureWebJobsStorage';
  for (const name of [first, 'STATE_STORAGE_SECOND', 'STATE_STORAGE_WITNESS'] as const) {
    const connection = read(name);
    const account = connection && accountOf(connection);
    if (account === undefined) continue;
    const other = seen.get(account);
    if (other !== undefined) tellOf(name)(`is the same account as ${other}`);
    seen.set(account, name);
  }
}
