import { text } from 'node:stream/consumers';
import type { BlobServiceClient, BlockBlobClient } from '@azure/storage-blob';
import { z } from 'zod';
import { AppError } from '../../errors.js';
import { parseDocument } from '../../routing/parse-document.js';
import type { RoutingStorePort } from '../../routing/ports.js';
import { createStorageCall } from './storage-call.js';
import { isStatus, storageCodeOf } from './storage-errors.js';

const CONTAINER = 'standby-routing';
const BLOB = 'routing.json';
/** Beside it, since the other region's app has a role on this container alone. */
const MARK = 'routing-mark.json';

const markSchema = z.object({ epoch: z.int().min(1) });

/** A mark that can't be read is one all the same: there was a document. */
const markOf = (json: string): number => {
  try {
    return markSchema.parse(JSON.parse(json)).epoch;
  } catch {
    return 1;
  }
};

interface Found {
  json: string;
  etag: string;
}

async function download(blob: BlockBlobClient, abortSignal: AbortSignal): Promise<Found | undefined> {
  try {
    const { etag, readableStreamBody } = await blob.download(0, undefined, { abortSignal });
    if (etag === undefined || readableStreamBody === undefined)
      throw new AppError('storageUnavailable', 'routing document read: half an answer', { retryable: true });
    return { json: await text(readableStreamBody), etag };
  } catch (error) {
    if (isStatus(error, 404)) return undefined;
    throw error;
  }
}

type Condition = { ifNoneMatch: '*' } | { ifMatch: string };

/** Resolves false when the condition does not hold any more: somebody else has written, or it is gone. */
async function upload(
  blob: BlockBlobClient,
  content: unknown,
  conditions: Condition,
  abortSignal: AbortSignal,
): Promise<boolean> {
  const json = JSON.stringify(content);
  try {
    await blob.upload(json, Buffer.byteLength(json), {
      conditions,
      blobHTTPHeaders: { blobContentType: 'application/json' },
      abortSignal,
    });
    return true;
  } catch (error) {
    const isLost =
      isStatus(error, 404, 409, 412) &&
      /^(BlobAlreadyExists|ConditionNotMet|BlobNotFound)$/.test(storageCodeOf(error) ?? '');
    if (isLost) return false;
    throw error;
  }
}

/** The routing document of one storage account: blob `standby-routing/routing.json`, and its mark beside it. */
export const createRoutingBlob = (service: BlobServiceClient): RoutingStorePort => {
  const container = service.getContainerClient(CONTAINER);
  const document = container.getBlockBlobClient(BLOB);
  const mark = container.getBlockBlobClient(MARK);
  const call = createStorageCall((abortSignal) => container.createIfNotExists({ abortSignal }));
  return {
    name: service.accountName,
    read: () =>
      call('routing document read', async (abortSignal) => {
        const found = await download(document, abortSignal);
        if (!found) return { kind: 'missing' };
        const parsed = parseDocument(found.json);
        return parsed.kind === 'document' ? { ...parsed, etag: found.etag } : parsed;
      }),
    create: (content) =>
      call('routing document create', (abortSignal) => upload(document, content, { ifNoneMatch: '*' }, abortSignal)),
    replace: (content, etag) =>
      call('routing document replace', (abortSignal) => upload(document, content, { ifMatch: etag }, abortSignal)),
    readMark: () =>
      call('routing mark read', async (abortSignal) => {
        const found = await download(mark, abortSignal);
        return found && markOf(found.json);
      }),
    raiseMark: (epoch) =>
      call('routing mark write', async (abortSignal) => {
        const found = await download(mark, abortSignal);
        if (found && markOf(found.json) >= epoch) return;
        // Overtaken: by an instance that has seen as much, or more. The next start reads what it wrote.
        await upload(mark, { epoch }, found ? { ifMatch: found.etag } : { ifNoneMatch: '*' }, abortSignal);
      }),
  };
};
