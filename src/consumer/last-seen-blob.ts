import type { ContainerClient } from '@azure/storage-blob';
import { z } from 'zod';
import { AppError } from '../errors.js';
import type { LastSeenStore } from './contract.js';
import { pathOfPlace } from './last-seen-memory.js';
import { isNamed, statusOf } from './rest-error.js';

/** Metadata of an empty blob, as BlobCheckpointStore keeps its own: one small call per write. Its names come back in lower case. */
const metadataSchema = z.object({
  enqueuedat: z.iso.datetime().transform((text) => new Date(text)),
  sequencenumber: z.coerce.number().int(),
  generation: z.coerce.number().int().min(1),
});

const isMissing = (error: unknown): boolean => isNamed(error, 'BlobNotFound');

function storageError(cause: unknown, what: string): AppError {
  const status = statusOf(cause);
  const refused = status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429;
  return new AppError(refused ? 'storageRefused' : 'storageUnavailable', what, {
    retryable: !refused,
    cause,
    ...(status === undefined ? {} : { serviceCode: status }),
  });
}

/**
 * Keeps the last processed events in a container, which must exist; the one of the checkpoints will do.
 * Blobs: `{prefix}/{endpoint}/{event hub}/{consumer group}/{partition}`. Rejects with AppError `storageUnavailable`, `storageRefused`.
 */
export function blobLastSeenStore(container: ContainerClient, options: { prefix?: string } = {}): LastSeenStore {
  const { prefix = 'last-seen' } = options;
  return {
    read: async (place) => {
      const name = `${prefix}/${pathOfPlace(place)}`;
      try {
        const { metadata } = await container.getBlobClient(name).getProperties();
        const { enqueuedat, sequencenumber, generation } = metadataSchema.parse(metadata);
        return { enqueuedAt: enqueuedat, sequenceNumber: sequencenumber, generation };
      } catch (error) {
        // A HEAD has no body: its error code is only in a header, which the SDK does not always map.
        if (statusOf(error) === 404 || isMissing(error)) return undefined;
        throw storageError(error, `the last processed event in blob ${name} cannot be read`);
      }
    },
    write: async (place, seen) => {
      const name = `${prefix}/${pathOfPlace(place)}`;
      const blob = container.getBlockBlobClient(name);
      const metadata = {
        enqueuedat: seen.enqueuedAt.toISOString(),
        sequencenumber: String(seen.sequenceNumber),
        generation: String(seen.generation),
      };
      try {
        // Not an upload each time: with versioning or soft delete each one would leave a version behind.
        await blob.setMetadata(metadata).catch(async (error: unknown) => {
          if (!isMissing(error)) throw error;
          await blob.upload('', 0, { metadata });
        });
      } catch (error) {
        throw storageError(error, `the last processed event cannot be written to blob ${name}`);
      }
    },
  };
}
