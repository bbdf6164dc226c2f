import { createHash } from 'node:crypto';
import type { BlobServiceClient, ContainerClient } from '@azure/storage-blob';
import type { Clock } from '../../clock.js';
import type { ParkedItem, ParkPort } from '../../twin/ports.js';
import { encodeText } from './key-encoding.js';
import { createStorageCall } from './storage-call.js';
import { isStatus, storageCodeOf } from './storage-errors.js';

const CONTAINER = 'standby-parked';
/** Metadata is at most 8 KB in all, names included (Blob service, "Setting and retrieving properties and metadata"). */
const MAX_PROPERTIES_LENGTH = 6_000;
/** Health must answer while ever so much is parked: what lies beyond is not counted. */
const MAX_COUNTED = 10_000;

export interface ParkedBlobs extends ParkPort {
  /** How many items are parked, by reason; at most the first 10,000 are counted. Rejects with storageUnavailable. */
  countParked(): Promise<Record<string, number>>;
}

/** Properties as percent-encoded JSON: metadata travels in headers, which are ASCII. What would be too long is left out. */
const encodeProperties = (properties: Record<string, string>): string => {
  let kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(properties)) {
    const more = { ...kept, [name]: value };
    if (encodeURIComponent(JSON.stringify(more)).length <= MAX_PROPERTIES_LENGTH) {
      kept = more;
    }
  }
  return encodeURIComponent(JSON.stringify(kept));
};

/** `{date}/{source}/{sequence}-{hash}`: the same bytes parked again on the same day are the same blob. */
const blobNameOf = (item: ParkedItem, now: Date): string => {
  const hash = createHash('sha256').update(item.body).digest('hex').slice(0, 16);
  return `${now.toISOString().slice(0, 10)}/${encodeText(item.source)}/${encodeText(item.sequence)}-${hash}`;
};

const countByReason = async (container: ContainerClient, abortSignal: AbortSignal) => {
  const counts: Record<string, number> = {};
  let counted = 0;
  for await (const blob of container.listBlobsFlat({ includeMetadata: true, abortSignal })) {
    const reason = blob.metadata?.['reason'] ?? 'unknown';
    counts[reason] = (counts[reason] ?? 0) + 1;
    counted += 1;
    if (counted >= MAX_COUNTED) {
      break;
    }
  }
  return counts;
};

export const createParkedBlobs = (service: BlobServiceClient, clock: Clock): ParkedBlobs => {
  const container = service.getContainerClient(CONTAINER);
  const call = createStorageCall((abortSignal) => container.createIfNotExists({ abortSignal }));
  return {
    park: (item) =>
      call('park', async (abortSignal) => {
        const now = clock.now();
        const blob = container.getBlockBlobClient(blobNameOf(item, now));
        try {
          await blob.upload(Buffer.from(item.body), item.body.byteLength, {
            metadata: {
              reason: item.reason,
              time: now.toISOString(),
              ...(item.properties === undefined ? {} : { properties: encodeProperties(item.properties) }),
            },
            conditions: { ifNoneMatch: '*' },
            abortSignal,
          });
        } catch (error) {
          if (isStatus(error, 409, 412) && /^(BlobAlreadyExists|ConditionNotMet)$/.test(storageCodeOf(error) ?? '')) {
            return;
          }
          throw error;
        }
      }),
    countParked: () => call('count parked', (abortSignal) => countByReason(container, abortSignal)),
  };
};
