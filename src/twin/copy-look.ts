import { LRUCache } from 'lru-cache';
import { isAppError } from '../errors.js';
import { keyText, type IdentityKey, type Twin } from '../hub-model.js';
import type { Effects } from './effects.js';
import { classifyFailure } from './hold.js';
import type { CopyMark } from './ports.js';
import type { Step } from './step.js';

/** What is known of a copy before a change is judged: its ledger row, and its twin's ETag. */
export interface CopyLook {
  readonly mark: CopyMark | undefined;
  /** As of our own last write, or as read after the row. `undefined`: not known yet. */
  readonly etag?: string | undefined;
  /** The copy was read since the row was: nothing of ours is on its way. */
  readonly isRead: boolean;
}

/** Identities of which the last ETag is remembered; one that is forgotten costs a reading of its copy. About 20 MB at the most. */
const MAX_COPIES = 50_000;

/** After so long the stream has mostly written to a copy since: its row's ETag is worth no try. */
const FRESH_COPY_IN_MS = 10 * 60_000;

/** The ETags that our own writes left behind, so that a next write needs no reading. Of one life of the copy only. */
export function createCopyMemory() {
  const etags = new LRUCache<string, { etag: string; generationId: string }>({ max: MAX_COPIES });
  return {
    etagOf(key: IdentityKey, mark: CopyMark | undefined): string | undefined {
      const known = etags.get(keyText(key));
      return known?.generationId === mark?.generationId ? known?.etag : undefined;
    },
    wrote(key: IdentityKey, mark: CopyMark | undefined, etag: string): void {
      // While the copy is being made its row does not tell its life.
      if (mark?.generationId) etags.set(keyText(key), { etag, generationId: mark.generationId });
    },
    forget: (key: IdentityKey): void => void etags.delete(keyText(key)),
  };
}
export type CopyMemory = ReturnType<typeof createCopyMemory>;

/**
 * Reads the ledger's row of the copy. The ETag is that of our own last write, or of a copy that was made a moment ago. After a
 * conflict neither is worth another try.
 */
export async function lookAtCopy(key: IdentityKey, isContended: boolean, fx: Effects): Promise<Step> {
  try {
    const mark = await fx.replicate.copyOf(fx.source, key);
    if (isContended) return { kind: 'looked', look: { mark, isRead: false } };
    const isFresh = mark?.state && fx.clock.now().getTime() - mark.state.at.getTime() < FRESH_COPY_IN_MS;
    const etag = fx.copies.etagOf(key, mark) ?? (isFresh ? mark.state?.etag : undefined);
    return { kind: 'looked', look: { mark, etag, isRead: false } };
  } catch (cause) {
    if (!isAppError(cause)) throw cause;
    return { kind: 'hold', hold: { reason: 'storageAway', hubWide: false, cause } };
  }
}

/**
 * Somebody has written the copy's identity since we did, and is connected as it: a move, which the ledger may not know yet. The state of
 * both hubs tells then.
 */
export const seemsMoved = (copy: Twin, mark: CopyMark | undefined): boolean =>
  copy.isConnected === true &&
  copy.identityEtag !== undefined &&
  mark?.identityEtag !== undefined &&
  copy.identityEtag !== mark.identityEtag;

/** Reads the copy itself. `undefined`: there is none, or it is not ours alone. */
export async function readCopy(key: IdentityKey, { mark }: CopyLook, fx: Effects): Promise<Step | undefined> {
  try {
    const copy = await fx.target.getTwin(key);
    if (copy === undefined || seemsMoved(copy, mark)) return undefined;
    return { kind: 'looked', look: { mark, etag: copy.etag, isRead: true } };
  } catch (error) {
    const failure = classifyFailure(error);
    return failure.kind === 'hold' ? failure : undefined;
  }
}

/**
 * Covered is what the copy shows now. A row alone tells what was copied once: a write that waited meanwhile may have put
 * older contents over it.
 */
export const standsAsCopied = ({ mark, etag, isRead }: CopyLook): boolean =>
  isRead && etag !== undefined && etag === mark?.state?.etag;
