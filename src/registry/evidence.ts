import type { LedgerEntry } from './ports.js';

/**
 * What the ledger knows of a pair: the newer of both directions' rows. A copy made the one way is evidence for the other way too. The
 * result keeps the ETag of `own`, the row that is to be written.
 */
export const newestEvidence = (
  own: LedgerEntry | undefined,
  otherWay: LedgerEntry | undefined,
): LedgerEntry | undefined => {
  const turned = otherWay && turn(otherWay);
  if (turned === undefined || (own !== undefined && knownAt(own) >= knownAt(turned))) return own;
  return own?.etag === undefined ? turned : { ...turned, etag: own.etag };
};

/** Nothing but a whole copy that is ours says anything about its source's identity. */
const turn = (row: LedgerEntry): LedgerEntry | undefined => {
  const { key, state, sourceGenerationId, targetGenerationId, sourceEtag, targetEtag, copiedAt, stateAt, kept } = row;
  if (state !== 'copied' || kept !== undefined) return undefined;
  return {
    key,
    state,
    sourceGenerationId: targetGenerationId,
    targetGenerationId: sourceGenerationId,
    ...(sourceEtag !== undefined && { targetEtag: sourceEtag }),
    ...(targetEtag !== undefined && { sourceEtag: targetEtag }),
    copiedAt,
    // Later steps of this row keep the time, so that it is the newer one from now on.
    ...(stateAt !== undefined && { stateAt }),
  };
};

const knownAt = ({ copiedAt, stateAt }: LedgerEntry): number => Math.max(copiedAt.getTime(), stateAt?.getTime() ?? 0);
