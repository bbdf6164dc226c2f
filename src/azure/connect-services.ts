import type { Clock } from '../clock.js';
import type { HubRole, IdentityKey } from '../hub-model.js';
import type { Logger } from '../log-events.js';
import type { RetryQueuePort } from '../registry/ports.js';
import type { RoutingStorePort } from '../routing/ports.js';
import type { Connection, Settings, StorageSettings } from '../settings.js';
import type { ReportedPort } from '../twin/ports.js';
import { createCredential } from './credential.js';
import { createReportedWriter } from './device/reported-writer.js';
import { createHubClient, type HubClient } from './hub/hub-client.js';
import type { ParkedBlobs } from './storage/parked-blobs.js';
import type { TableLedger } from './storage/table-ledger.js';
import { createStorage, type Storage, type StorageConnection } from './storage/storage.js';

/** Everything outside of this process that the rooms need, behind their ports. */
export interface Services {
  hubs: Record<HubRole, HubClient>;
  ledger: TableLedger;
  queue: RetryQueuePort;
  park: ParkedBlobs;
  /** One per state storage account. */
  routingStores: RoutingStorePort[];
  /** Absent: reported properties are not mirrored. */
  reported: ReportedPort | undefined;
  close(): Promise<void>;
}

export interface ConnectOptions {
  settings: Settings;
  clock: Clock;
  logger: Logger;
}

const credentialOf = (connection: Extract<Connection, { kind: 'identity' }>) =>
  createCredential({
    ...(connection.credential ? { credential: connection.credential } : {}),
    ...(connection.clientId ? { clientId: connection.clientId } : {}),
  });

const toStorageConnection = ({ connection }: StorageSettings): StorageConnection =>
  connection.kind === 'connectionString'
    ? connection
    : { kind: 'identity', ...connection.address, credential: credentialOf(connection) };

/** Opens no connection: the first call does. Throws invalidSettings for a connection that cannot be read. */
export function connectServices({ settings, clock, logger }: ConnectOptions): Services {
  const connectHub = (role: HubRole): HubClient => {
    const { hostName, connection } = settings.hubs[role];
    return createHubClient({
      hostName,
      clock,
      logger,
      callTimeoutInMs: settings.hubCallTimeoutInMs,
      connection:
        connection.kind === 'connectionString'
          ? connection
          : { kind: 'identity', hostName, credential: credentialOf(connection) },
    });
  };
  const hubNames = { primary: settings.hubs.primary.name, secondary: settings.hubs.secondary.name };
  const openStorage = (storage: StorageSettings): Storage =>
    createStorage(toStorageConnection(storage), { hubNames, clock });

  const hubs = { primary: connectHub('primary'), secondary: connectHub('secondary') };
  const first = openStorage(settings.stateStorage);
  const second = settings.stateStorageSecond && openStorage(settings.stateStorageSecond);
  const asDevice = (role: HubRole) => ({
    hostName: settings.hubs[role].hostName,
    getIdentity: (key: IdentityKey) => hubs[role].getIdentity(key),
  });
  const reported =
    settings.reportedStrategy === 'device'
      ? createReportedWriter({
          hubs: { primary: asDevice('primary'), secondary: asDevice('secondary') },
          timeoutInMs: settings.hubCallTimeoutInMs,
          clock,
        })
      : undefined;
  return {
    hubs,
    ledger: first.ledger,
    queue: first.retryQueue,
    park: first.parked,
    routingStores: [first.routingStore, ...(second ? [second.routingStore] : [])],
    reported,
    async close() {
      await reported?.close();
      hubs.primary.close();
      hubs.secondary.close();
    },
  };
}
