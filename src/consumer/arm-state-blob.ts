import type { BlockBlobClient } from '@azure/storage-blob';
import { AppError } from '../errors.js';
import { armStateSchema, type ArmState } from './arm-generations.js';
import { statusOf } from './rest-error.js';

/** The state blob as it was read; undefined: there is none. */
export interface StoredArmState {
  state: ArmState;
  etag: string | undefined;
}

const unknown = (what: string, cause: unknown): AppError =>
  new AppError('generationsUnknown', what, { retryable: true, cause });

/** Rejects with AppError `generationsUnknown`, or `generationsRefused` when the blob is not ours. */
export async function readArmState(blob: BlockBlobClient, timeoutInMs: number): Promise<StoredArmState | undefined> {
  let text: string;
  let etag: string | undefined;
  try {
    const answer = await blob.download(0, undefined, { abortSignal: AbortSignal.timeout(timeoutInMs) });
    etag = answer.etag;
    const chunks: Buffer[] = [];
    for await (const chunk of answer.readableStreamBody ?? []) chunks.push(Buffer.from(chunk));
    text = Buffer.concat(chunks).toString('utf8');
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw unknown('the state blob cannot be read', error);
  }
  try {
    return { state: armStateSchema.parse(JSON.parse(text)), etag };
  } catch (cause) {
    throw new AppError('generationsRefused', 'the state blob does not hold generations', { retryable: false, cause });
  }
}

/** Resolves to false when another process wrote first. Rejects with AppError `generationsUnknown`. */
export async function writeArmState(
  blob: BlockBlobClient,
  state: ArmState,
  before: StoredArmState | undefined,
  timeoutInMs: number,
): Promise<boolean> {
  const body = JSON.stringify(state);
  const conditions = before?.etag === undefined ? { ifNoneMatch: '*' } : { ifMatch: before.etag };
  try {
    await blob.upload(body, Buffer.byteLength(body), {
      conditions,
      blobHTTPHeaders: { blobContentType: 'application/json' },
      abortSignal: AbortSignal.timeout(timeoutInMs),
    });
    return true;
  } catch (error) {
    const status = statusOf(error);
    if (status === 409 || status === 412) return false;
    throw unknown('the state blob cannot be written', error);
  }
}
