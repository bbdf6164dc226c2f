import type { BlobServiceClient } from '@azure/storage-blob';
import type { Clock } from '../clock.js';
import type { ProgressPort, WatchStorePort } from '../failover/ports.js';
import type { HubRole, IdentityKey } from '../hub-model.js';
import { deviceHostOf, serviceHostOf } from '../hub-name.js';
import type { Logger } from '../log-events.js';
import type { ReportedWriter, RetryQueuePort } from '../registry/ports.js';
import type { RouteRowsPort } from '../health/route-ports.js';
import type { RoutingStorePort } from '../routing/ports.js';
import type { Connection, Settings, StorageSettings } from '../settings.js';
import type { StandStillWatch } from '../stand-still.js';
import type { PositionPort, ReportedPort } from '../twin/ports.js';
import { createHubProblems, type HubProblems } from '../health/hub-problems.js';
import { createCredential } from './credential.js';
import { createReportedWriter } from './device/reported-writer.js';
import { createHubClient, type HubClient } from './hub/hub-client.js';
import { laneOf } from './hub/paced-hub.js';
import { createPacing, type MirrorState, type Pacing } from './pace-hubs.js';
import type { ParkedBlobs } from './storage/parked-blobs.js';
import type { TableLedger } from './storage/table-ledger.js';
import { createStorage, type Storage, type StorageConnection } from './storage/storage.js';

/** Everything outside of this process that the rooms need, behind their ports. */
export interface Services {
  hubs: Record<HubRole, HubClient>;
  /** Why a hub can't be mirrored, as its answers tell. */
  problems: HubProblems;
  ledger: TableLedger;
  queue: RetryQueuePort;
  park: ParkedBlobs;
  positions: PositionPort;
  /** Of the watched hubs: what is known of them, and what consumers told. */
  watches: WatchStorePort;
  progress: ProgressPort;
  routes: RouteRowsPort;
  /** Of the state storage. */
  blobs: BlobServiceClient;
  /** One per state storage account. */
  routingStores: RoutingStorePort[];
  /** Absent: reported properties are not mirrored. */
  reported: (ReportedPort & ReportedWriter) | undefined;
  pacing: Pacing;
  close(): Promise<void>;
}

export interface ConnectOptions {
  settings: Settings;
  clock: Clock;
  logger: Logger;
  /** While it is uncertain nothing is written as a device. */
  standStill?: Pick<StandStillWatch, 'isUncertain'>;
  mirror: MirrorState;
  /** Of this process, new each time it starts. */
  instanceId: string;
}

export const credentialOf = (connection: Extract<Connection, { kind: 'identity' }>) =>
  createCredential({
    ...(connection.credential ? { credential: connection.credential } : {}),
    ...(connection.clientId ? { clientId: connection.clientId } : {}),
  });

export const toStorageConnection = ({ connection }: StorageSettings): StorageConnection =>
  connection.kind === 'connectionString'
    ? connection
    : { kind: 'identity', ...connection.address, credential: credentialOf(connection) };

/** Opens no connection: the first call does. Throws invalidSettings for a connection that cannot be read. */
export function connectServices(options: ConnectOptions): Services {
  const { settings, clock, logger, standStill, mirror, instanceId } = options;
  const hubNames = { primary: settings.hubs.primary.name, secondary: settings.hubs.secondary.name };
  const openStorage = (storage: StorageSettings): Storage =>
    createStorage(toStorageConnection(storage), { hubNames, settingName: storage.connectionName, clock });

  const first = openStorage(settings.stateStorage);
  const others = [settings.stateStorageSecond, settings.stateStorageWitness].flatMap((each) =>
    each ? [openStorage(each).routingStore] : [],
  );
  const store = first.budgets;
  const pacing = createPacing({ pacing: settings.pacing, mirror, store, instanceId, clock, logger });
  const problems = createHubProblems(hubNames, logger);
  const connectHub = (role: HubRole): HubClient => {
    const { connection } = settings.hubs[role];
    const hostName = serviceHostOf(settings.hubs[role].hostName);
    const client = createHubClient({
      hostName,
      clock,
      logger,
      callTimeoutInMs: settings.hubCallTimeoutInMs,
      // Identities of devices are there in every tier.
      onTier: (what, isSupported) => {
        if (!isSupported) problems.found(role, 'tierNotSupported');
        else if (laneOf(what) !== 'identity') problems.mended(role);
      },
      onThrottled: (what) => pacing.gates[role].refused(laneOf(what)),
      connection:
        connection.kind === 'connectionString'
          ? { ...connection, value: connection.value.replace(/(^|;)(\s*HostName=)[^;]+/i, `$1$2${hostName}`) }
          : { kind: 'identity', hostName, credential: credentialOf(connection) },
    });
    return pacing.paceHub(role, client);
  };
  const hubs = { primary: connectHub('primary'), secondary: connectHub('secondary') };
  const asDevice = (role: HubRole) => ({
    hostName: deviceHostOf(settings.hubs[role].hostName),
    getIdentity: (key: IdentityKey) => hubs[role].getIdentity(key),
  });
  const reported =
    settings.reportedStrategy === 'device'
      ? createReportedWriter({
          hubs: { primary: asDevice('primary'), secondary: asDevice('secondary') },
          ownUse: first.ownUse,
          timeoutInMs: settings.hubCallTimeoutInMs,
          clock,
          ...(standStill ? { standStill } : {}),
        })
      : undefined;
  return {
    hubs,
    problems,
    ledger: first.ledger,
    queue: first.retryQueue,
    park: first.parked,
    watches: first.watches,
    progress: first.progress,
    routes: first.routes,
    blobs: first.blobs,
    positions: first.positions,
    routingStores: [first.routingStore, ...others],
    reported: reported && pacing.paceReported(reported),
    pacing,
    async close() {
      await reported?.close();
      hubs.primary.close();
      hubs.secondary.close();
      await pacing.flush();
    },
  };
}
