import { text } from 'node:stream/consumers';
import type { BlobServiceClient } from '@azure/storage-blob';
import { AppError } from '../../errors.js';
import type { WatchStorePort } from '../../failover/ports.js';
import { watchStateSchema } from '../../failover/watch-state.js';
import { encodeText } from './key-encoding.js';
import { createStorageCall } from './storage-call.js';
import { isStatus, storageCodeOf } from './storage-errors.js';

const CONTAINER = 'consumers';

const parseState = (json: string) => {
  try {
    return watchStateSchema.parse(JSON.parse(json));
  } catch (cause) {
    throw new AppError('storageRefused', 'the document of a watched hub is not valid', { retryable: false, cause });
  }
};

/** Somebody else has created or changed it meanwhile. */
const isConflict = (error: unknown): boolean =>
  isStatus(error, 409, 412) && /^(BlobAlreadyExists|ConditionNotMet)$/.test(storageCodeOf(error) ?? '');

/** The state of record of each watched hub: blob `consumers/{hub}.json`, changed by compare-and-set. */
export const createConsumersBlob = (service: BlobServiceClient): WatchStorePort => {
  const container = service.getContainerClient(CONTAINER);
  const blobOf = (hub: string) => container.getBlockBlobClient(`${encodeText(hub.toLowerCase())}.json`);
  const call = createStorageCall((abortSignal) => container.createIfNotExists({ abortSignal }));
  return {
    read: (hub) =>
      call('consumers document read', async (abortSignal) => {
        try {
          const { etag, readableStreamBody } = await blobOf(hub).download(0, undefined, { abortSignal });
          if (etag === undefined || readableStreamBody === undefined)
            throw new AppError('storageUnavailable', 'consumers document read: half an answer', { retryable: true });
          return { state: parseState(await text(readableStreamBody)), etag };
        } catch (error) {
          if (isStatus(error, 404)) return undefined;
          throw error;
        }
      }),
    write: (state, etag) =>
      call('consumers document write', async (abortSignal) => {
        const json = JSON.stringify(state);
        try {
          await blobOf(state.hub).upload(json, Buffer.byteLength(json), {
            conditions: etag === undefined ? { ifNoneMatch: '*' } : { ifMatch: etag },
            blobHTTPHeaders: { blobContentType: 'application/json' },
            abortSignal,
          });
          return true;
        } catch (error) {
          if (isConflict(error)) return false;
          throw error;
        }
      }),
  };
};
