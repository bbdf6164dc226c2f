import { TableClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';
import type { IdentityKey } from '../../../lab/contracts.js';
import { startRig, type Rig } from '../../integration/support/rig.js';
import { createCertificates, type Certificates } from './identities.js';

// Many families lose their access within an hour, and each is deleted a second later.
const settings = {
  REPAIR_OVERDUE_SECONDS: '2',
  HUB_CALL_TIMEOUT_MS: '3000',
  MASS_CHANGE_LIMIT: '1000000',
  DELETE_GRACE_SECONDS: '1',
};

export interface MirrorRig extends AsyncDisposable {
  readonly rig: Rig;
  readonly certificates: Certificates;
  /** As a message of the app itself: look at this one. */
  hint(key: IdentityKey): Promise<void>;
  /** Kept copies and dirty marks of the ledger, by id: `deviceId` or `deviceId/moduleId`. */
  named(): Promise<Map<string, string>>;
  /** Whether the app has read every event that is there now. */
  untilNow(): () => Promise<boolean>;
}

export const nameOf = ({ deviceId, moduleId }: IdentityKey): string =>
  moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`;

/** The sequence number at which the host's checkpoint stands, by partition. */
async function readPlaces(connectionString: string): Promise<Map<string, number>> {
  const container =
    BlobServiceClient.fromConnectionString(connectionString).getContainerClient('azure-webjobs-eventhub');
  const places = new Map<string, number>();
  for await (const { name, metadata } of container.listBlobsFlat({ includeMetadata: true })) {
    const partition = /\/devicetwin\/[^/]+\/checkpoint\/(\d+)$/.exec(name)?.[1];
    if (partition !== undefined) places.set(partition, Number(metadata?.['sequencenumber'] ?? -1));
  }
  return places;
}

export async function startMirrorRig(): Promise<MirrorRig> {
  const [rig, certificates] = await Promise.all([startRig({ settings }), createCertificates()]);
  const { lab, storage } = rig;
  for (const role of ['primary', 'secondary'] as const) lab.hub(role).addCertificateAuthority(certificates.caPem);
  const local = { allowInsecureConnection: true };
  const table = TableClient.fromConnectionString(storage.connectionString, 'standbyledger', local);
  const queue = QueueServiceClient.fromConnectionString(storage.connectionString).getQueueClient('registry-retry');
  return {
    rig,
    certificates,
    async hint(key) {
      const message = { hubName: lab.hub('primary').name, ...key, attempt: 1 };
      await queue.sendMessage(Buffer.from(JSON.stringify(message)).toString('base64'));
    },
    async named() {
      const names = new Map<string, string>();
      for await (const row of table.listEntities<{ deviceId?: string; moduleId?: string }>()) {
        const kind = /~(dirty|kept)$/.exec(row.partitionKey ?? '')?.[1];
        const { deviceId, moduleId } = row;
        if (kind === undefined || deviceId === undefined) continue;
        names.set(nameOf({ deviceId, ...(typeof moduleId === 'string' && { moduleId }) }), kind);
      }
      return names;
    },
    untilNow: () => {
      const ends = lab.namespace
        .partitions('devicetwin')
        .map((one) => [one.partitionId, one.lastSequenceNumber] as const);
      return async () => {
        const read = await readPlaces(storage.connectionString);
        return ends.every(([partition, last]) => last < 0 || (read.get(partition) ?? -1) >= last);
      };
    },
    [Symbol.asyncDispose]: () => rig[Symbol.asyncDispose](),
  };
}
