import { text } from 'node:stream/consumers';
import type { BlobServiceClient } from '@azure/storage-blob';
import { AppError } from '../../errors.js';
import { routingDocumentSchema } from '../../routing/document.js';
import type { RoutingStorePort } from '../../routing/ports.js';
import { createStorageCall } from './storage-call.js';
import { isStatus, storageCodeOf } from './storage-errors.js';

const CONTAINER = 'standby-routing';
const BLOB = 'routing.json';

const parseDocument = (json: string) => {
  try {
    return routingDocumentSchema.parse(JSON.parse(json));
  } catch (cause) {
    throw new AppError('storageRefused', 'the routing document is not valid', { retryable: false, cause });
  }
};

/** The routing document of one storage account: blob `standby-routing/routing.json`. */
export const createRoutingBlob = (service: BlobServiceClient): RoutingStorePort => {
  const container = service.getContainerClient(CONTAINER);
  const blob = container.getBlockBlobClient(BLOB);
  const call = createStorageCall((abortSignal) => container.createIfNotExists({ abortSignal }));
  return {
    name: service.accountName,
    read: () =>
      call('routing document read', async (abortSignal) => {
        try {
          const { etag, readableStreamBody } = await blob.download(0, undefined, { abortSignal });
          if (etag === undefined || readableStreamBody === undefined) {
            throw new AppError('storageUnavailable', 'routing document read: half an answer', { retryable: true });
          }
          return { document: parseDocument(await text(readableStreamBody)), etag };
        } catch (error) {
          if (isStatus(error, 404)) {
            return undefined;
          }
          throw error;
        }
      }),
    create: (document) =>
      call('routing document create', async (abortSignal) => {
        const json = JSON.stringify(document);
        try {
          await blob.upload(json, Buffer.byteLength(json), {
            conditions: { ifNoneMatch: '*' },
            blobHTTPHeaders: { blobContentType: 'application/json' },
            abortSignal,
          });
          return true;
        } catch (error) {
          if (isStatus(error, 409, 412) && /^(BlobAlreadyExists|ConditionNotMet)$/.test(storageCodeOf(error) ?? '')) {
            return false;
          }
          throw error;
        }
      }),
  };
};
