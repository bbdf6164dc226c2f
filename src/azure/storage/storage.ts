import { TableClient } from '@azure/data-tables';
import type { TokenCredential } from '@azure/identity';
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';
import type { Clock } from '../../clock.js';
import { AppError, isAppError } from '../../errors.js';
import type { HubRole } from '../../hub-model.js';
import type { RetryQueuePort } from '../../registry/ports.js';
import type { RouteRowsPort } from '../../health/route-ports.js';
import type { RoutingStorePort } from '../../routing/ports.js';
import { systemClock } from '../system-clock.js';
import type { BudgetStorePort } from '../../pacing/ports.js';
import type { PositionPort } from '../../twin/ports.js';
import type { ProgressPort, WatchStorePort } from '../../failover/ports.js';
import type { OwnUsePort } from '../device/own-use.js';
import { createOwnUseRows } from './own-use-rows.js';
import { createBudgetRows } from './budget-rows.js';
import { createConsumersBlob } from './consumers-blob.js';
import { createParkedBlobs, type ParkedBlobs } from './parked-blobs.js';
import { createPartitionRows } from './partition-rows.js';
import { createProgressRows } from './progress-rows.js';
import { createRetryQueue } from './retry-queue.js';
import { createRouteRows } from './route-rows.js';
import { createRoutingBlob } from './routing-blob.js';
import { STORAGE_RETRY, TABLE_RETRY } from './storage-call.js';
import { createTableLedger, type TableLedger } from './table-ledger.js';

const LEDGER_TABLE = 'standbyledger';

/**
 * A storage account: by connection string, or by identity with the account's name (public cloud) or its service URIs, as Functions
 * has them in `__accountName`, `__blobServiceUri`, `__queueServiceUri`, `__tableServiceUri`.
 */
export type StorageConnection =
  | { kind: 'connectionString'; value: string }
  | {
      kind: 'identity';
      accountName?: string;
      blobServiceUri?: string;
      queueServiceUri?: string;
      tableServiceUri?: string;
      credential: TokenCredential;
    };

export interface StorageOptions {
  /** First labels of the hubs' host names: the ledger's partitions. */
  hubNames: Record<HubRole, string>;
  /** Of the setting that holds the connection, for errors. */
  settingName?: string;
  clock?: Clock;
}

export interface Storage {
  ledger: TableLedger;
  retryQueue: RetryQueuePort;
  parked: ParkedBlobs;
  routingStore: RoutingStorePort;
  budgets: BudgetStorePort;
  /** Of the watched hubs. */
  watches: WatchStorePort;
  progress: ProgressPort;
  positions: PositionPort;
  ownUse: OwnUsePort;
  routes: RouteRowsPort;
  /** For clients that bring their own way of storing: the SDK's checkpoints. */
  blobs: BlobServiceClient;
}

interface Clients {
  blobs: BlobServiceClient;
  queues: QueueServiceClient;
  table: TableClient;
}

const byConnectionString = (value: string): Clients => {
  // Azurite speaks plain HTTP: the table client refuses that unless told.
  const allowInsecureConnection =
    /UseDevelopmentStorage=true|DefaultEndpointsProtocol=http(;|$)|TableEndpoint=http:/i.test(value);
  const options = { retryOptions: STORAGE_RETRY };
  return {
    blobs: BlobServiceClient.fromConnectionString(value, options),
    queues: QueueServiceClient.fromConnectionString(value, options),
    table: TableClient.fromConnectionString(value, LEDGER_TABLE, {
      retryOptions: TABLE_RETRY,
      allowInsecureConnection,
    }),
  };
};

const byIdentity = (connection: Extract<StorageConnection, { kind: 'identity' }>): Clients => {
  const { accountName, credential } = connection;
  const uriOf = (service: 'blob' | 'queue' | 'table') => {
    const uri =
      connection[`${service}ServiceUri`] ?? (accountName && `https://${accountName}.${service}.core.windows.net`);
    if (uri === undefined || uri === '') {
      throw new AppError('invalidSettings', `storage connection: neither accountName nor ${service}ServiceUri`, {
        retryable: false,
      });
    }
    return uri;
  };
  const options = { retryOptions: STORAGE_RETRY };
  return {
    blobs: new BlobServiceClient(uriOf('blob'), credential, options),
    queues: new QueueServiceClient(uriOf('queue'), credential, options),
    table: new TableClient(uriOf('table'), LEDGER_TABLE, credential, { retryOptions: TABLE_RETRY }),
  };
};

const openClients = (connection: StorageConnection, settingName: string): Clients => {
  try {
    return connection.kind === 'identity' ? byIdentity(connection) : byConnectionString(connection.value);
  } catch (error) {
    if (isAppError(error)) {
      throw error;
    }
    // The SDK's message may quote the connection string.
    throw new AppError('invalidSettings', `${settingName}: the connection string is not valid`, {
      retryable: false,
    });
  }
};

/**
 * The state of this software in one storage account: ledger, retry queue, parked events and the routing document. Nothing is called before the first use; tables,
 * queues and containers are created then. Throws invalidSettings for a connection that cannot be read.
 */
export const createStorage = (connection: StorageConnection, options: StorageOptions): Storage => {
  const { blobs, queues, table } = openClients(connection, options.settingName ?? 'storage connection');
  return {
    ledger: createTableLedger(table, options.hubNames),
    retryQueue: createRetryQueue(queues),
    parked: createParkedBlobs(blobs, options.clock ?? systemClock),
    routingStore: createRoutingBlob(blobs),
    budgets: createBudgetRows(table, options.hubNames),
    watches: createConsumersBlob(blobs),
    progress: createProgressRows(table),
    positions: createPartitionRows(table),
    ownUse: createOwnUseRows(table, options.hubNames),
    routes: createRouteRows(table, options.hubNames),
    blobs,
  };
};
