import type { Identity } from '../hub-model.js';
import { contentMark, contentOf } from './identity-content.js';
import type { LedgerEntry } from './ports.js';

/**
 * Who wrote a copy last. `others`: after our last write, or in our place. `unknown`: there is no record, or one of an older version
 * without the ETag.
 */
export type CopyWriter = 'us' | 'others' | 'unknown';

/** By the copy's ETag, which each write of it changes. A write of ours whose answer was lost is known by its mark. */
export const lastWriterOf = (target: Identity, row: LedgerEntry | undefined): CopyWriter => {
  if (row === undefined) return 'unknown';
  const { targetGenerationId, targetEtag, writing } = row;
  if (writing !== undefined && writing === contentMark(contentOf(target))) return 'us';
  if (row.state === 'creating' && targetGenerationId !== target.generationId) {
    if (targetEtag === target.etag) return 'unknown';
    return writing === undefined ? 'unknown' : 'others';
  }
  if (targetGenerationId !== target.generationId) return 'others';
  if (targetEtag === undefined) return 'unknown';
  return targetEtag === target.etag ? 'us' : 'others';
};
