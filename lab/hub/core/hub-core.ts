import { randomBytes, type X509Certificate } from 'node:crypto';
import type {
  Editions,
  HubCore,
  HubLimits,
  HubRole,
  IdentityKey,
  IdentityRecord,
  TwinRecord,
  Unsettled,
  VerifyBearer,
} from '../../contracts.js';
import { authenticateDevice, authorizeEventsReader, authorizeService } from './access.js';
import { authenticateCertificate, parseAuthority } from './certificate-access.js';
import { createConnectionStates, type ConnectionStates } from './connection-states.js';
import { deviceEntry, findEntry, keyOf, type Entries, type Entry } from './entries.js';
import type { DeviceImage } from './device-image.js';
import { createGenerator } from './generator.js';
import { createHooks } from './hooks.js';
import { otherHostNames } from './host-names.js';
import { createHubLimits } from '../limits/hub-limits.js';
import type { HubState } from './hub-state.js';
import { createIdentity, deleteIdentity, updateIdentity } from './identity-operations.js';
import { telemetryMessage } from './messages.js';
import { copyJson } from './number-text.js';
import { allPolicies, createPolicies } from './policies.js';
import type { HubClock } from './stamps.js';
import { patchReported, patchTwin, replaceTwin } from './twin-operations.js';
import { createQueryIndex, type QueryIndex } from './query-index.js';
import { twinRecord } from './twin-state.js';
import { unsettledOf } from './unsettled.js';

export interface HubCoreOptions {
  role: HubRole;
  /** `{name}.azure-devices.net` */
  hostName: string;
  /** Default: the system's. */
  clock?: HubClock;
  /** A clock that only goes forward, for the lag of queries. Default: the machine's. */
  monotonicInMs?: () => number;
  /** Source of keys, ETags and tracking ids. Default: cryptographic randomness; a seeded source makes them repeatable. */
  bytes?: (length: number) => Buffer;
  /** Default: none. */
  limits?: HubLimits;
  /** Default: no token of Microsoft Entra is taken. */
  verifyBearer?: VerifyBearer;
  /** Default `standard`. */
  editions?: Editions;
  /** What is not named has its default. */
  unsettled?: Partial<Unsettled>;
  /** Is given the hub's memory once, before the first write: for a journal of it. */
  watch?: (state: HubState) => void;
}

/** The service lists at most 1,000 devices. */
const MAX_LIST = 1000;

const copyOf = (identity: IdentityRecord): IdentityRecord => copyJson(identity);
const twinOf = ({ identity, twin }: Entry): TwinRecord => copyJson(twinRecord(keyOf(identity), twin));
const allEntries = (entries: Entries): Entry[] =>
  [...entries.values()].flatMap((device) => [device, ...device.modules.values()]);

const bothOf = (entry: Entry) => ({ identity: copyOf(entry.identity), twin: twinOf(entry) });

const byId = <T>([a]: [string, T], [b]: [string, T]): number => (a < b ? -1 : 1);

/** In the order of ids, so that a page begins at the same place after others were created or deleted. */
function* indexed(index: QueryIndex, kind: 'devices' | 'devices.modules') {
  const devices = index.devices().map((image): [string, DeviceImage] => [image.identity.deviceId, image]);
  for (const [, device] of devices.sort(byId)) {
    const found = kind === 'devices' ? [device] : device.modules.toSorted(byId).map(([, module]) => module);
    for (const entry of found) yield bothOf(entry);
  }
}

const statisticsOf = (entries: Entries) => {
  const enabled = [...entries.values()].filter(({ identity }) => identity.status === 'enabled').length;
  return {
    totalDeviceCount: entries.size,
    enabledDeviceCount: enabled,
    disabledDeviceCount: entries.size - enabled,
  };
};

function setConnectionState(state: HubState, states: ConnectionStates, key: IdentityKey, connected: boolean): void {
  const entry = findEntry(state.entries, key);
  const now = state.clock.now().toISOString();
  entry.identity = {
    ...entry.identity,
    connectionState: connected ? 'Connected' : 'Disconnected',
    connectionStateUpdatedTime: now,
    // "Device identity properties": when it last connected, received or sent. Leaving is none of these.
    ...(connected ? { lastActivityTime: now } : {}),
  };
  if (!connected) states.disconnected(entry);
}

/** One IoT Hub in memory. What it gives out are copies. */
export function createHubCore(options: HubCoreOptions): HubCore {
  const { role, hostName, clock = { now: () => new Date() }, bytes = randomBytes } = options;
  const { limits = createHubLimits(), verifyBearer = () => undefined } = options;
  const generator = createGenerator(bytes, clock);
  const policies = createPolicies(generator.key);
  const hooks = createHooks();
  const entries: Entries = new Map();
  const name = hostName.split('.')[0] ?? hostName;
  const unsettled = unsettledOf(options.unsettled);
  const state: HubState = { name, hostName, clock, generator, entries, hooks, unsettled };
  options.watch?.(state);
  const index = createQueryIndex(state, {
    lagInMs: unsettled.queriesLagInMs,
    deletedForInMs: unsettled.deletedInQueriesForInMs,
    now: options.monotonicInMs ?? (() => performance.now()),
  });
  const connectionStates = createConnectionStates(state);
  const authorities: X509Certificate[] = [];
  const connectionStringOf: HubCore['connectionStringOf'] = (policy) =>
    `HostName=${hostName};SharedAccessKeyName=${policy};SharedAccessKey=${policies[policy].primaryKey}`;

  return {
    role,
    name,
    hostName,
    ...otherHostNames(hostName),
    limits,
    editions: options.editions ?? 'standard',
    unsettled,
    connectionString: connectionStringOf('iothubowner'),
    connectionStringOf,
    sharedAccessPolicies: () => allPolicies(policies),

    getIdentity: (key) => copyOf(findEntry(entries, key).identity),
    createIdentity: (key, body, twin = {}) => copyOf(createIdentity(state, key, body, copyJson(twin))),
    updateIdentity: (key, body, ifMatch, form) => copyOf(updateIdentity(state, key, body, ifMatch, form)),
    deleteIdentity: (key, ifMatch) => deleteIdentity(state, key, ifMatch),
    listDevices: (top = MAX_LIST) =>
      [...entries.values()].slice(0, Math.min(top, MAX_LIST)).map(({ identity }) => copyOf(identity)),
    indexed: (kind) => indexed(index, kind),
    listModules: (deviceId) =>
      [...deviceEntry(entries, deviceId).modules.values()].map(({ identity }) => copyOf(identity)),
    statistics: () => statisticsOf(entries),
    snapshot: () => allEntries(entries).map(bothOf),

    getTwin: (key) => twinOf(findEntry(entries, key)),
    patchTwin: (key, patch, ifMatch) => copyJson(patchTwin(state, key, patch, ifMatch)),
    replaceTwin: (key, body, ifMatch) => copyJson(replaceTwin(state, key, body, ifMatch)),
    patchReported: (key, patch) => patchReported(state, key, patch),

    authenticateDevice: (key, sasToken) => authenticateDevice(state, policies, key, sasToken),
    authorizeService: (authorization, right) =>
      authorizeService(state, { policies, verifyBearer }, authorization, right),
    authorizeEventsReader: (policy, sasToken) => authorizeEventsReader(state, policies, policy, sasToken),
    authenticateCertificate: (key, chain) => authenticateCertificate(state, authorities, key, chain),
    addCertificateAuthority: (pem) => void authorities.push(parseAuthority(pem)),
    setConnectionState: (key, connected) => setConnectionState(state, connectionStates, key, connected),
    startReceiving: (key) => connectionStates.active(findEntry(entries, key)),
    tellConnectionStates: connectionStates.tell,
    acceptTelemetry: (key, body, systemProperties, properties, proof = 'key') => {
      const entry = findEntry(entries, key);
      const at = clock.now();
      entry.identity = { ...entry.identity, lastActivityTime: at.toISOString() };
      connectionStates.active(entry);
      const { generationId } = entry.identity;
      hooks.message.emit(telemetryMessage(key, body, systemProperties, properties, { at, generationId, proof }));
    },

    onMessage: hooks.message.on,
    onLifecycle: hooks.lifecycle.on,
    onDesired: hooks.desired.on,
    onRevoked: hooks.revoked.on,
    onWrite: hooks.write.on,
  };
}
