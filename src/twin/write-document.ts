import { isAppError } from '../errors.js';
import type { IdentityKey, JsonObject, TwinPatch } from '../hub-model.js';
import { diffPatch } from '../merge-patch.js';
import type { DocumentWrite } from './coalesce.js';
import { seemsMoved, type CopyLook } from './copy-look.js';
import type { Effects } from './effects.js';
import { classifyFailure, type Failure } from './hold.js';
import { section, type PlannedEvent } from './plan-identity.js';

/** `conflict`: the copy is not as it was when the change was judged. */
export type WriteOutcome = Failure | { kind: 'written'; etag: string } | { kind: 'conflict' };

/**
 * Tags and desired in one service call. `etag`: of the copy as it was when the change was judged. The hub keeps the one order of
 * state copies and stream writes: whoever waited while another wrote gets 412, whatever instance either runs in.
 */
export async function writePatch(
  key: IdentityKey,
  write: DocumentWrite<PlannedEvent>,
  etag: string,
  fx: Effects,
): Promise<WriteOutcome> {
  try {
    const copy = await fx.target.patchTwin(key, toTwinPatch(write.document), etag);
    return { kind: 'written', etag: copy.etag };
  } catch (error) {
    return failureOf(error);
  }
}

/**
 * There is no replace in the SDK: what the copy has too much is nulled, which takes a reading. `etag` as in writePatch, where known. A
 * copy that seems moved is `missing`, too: by state it is left alone.
 */
export async function writeReplace(
  key: IdentityKey,
  write: DocumentWrite<PlannedEvent>,
  { mark, etag }: CopyLook,
  fx: Effects,
): Promise<WriteOutcome> {
  try {
    const copy = await fx.target.getTwin(key);
    if (copy === undefined || seemsMoved(copy, mark)) return { kind: 'missing' };
    if (etag !== undefined && etag !== copy.etag) return { kind: 'conflict' };
    const patch: TwinPatch = {};
    for (const name of ['tags', 'desired'] as const) {
      const difference = diffPatch(copy[name], section(write.document, name) ?? {});
      if (Object.keys(difference).length > 0) patch[name] = difference;
    }
    if (Object.keys(patch).length === 0) return { kind: 'written', etag: copy.etag };
    const written = await fx.target.patchTwin(key, patch, copy.etag);
    return { kind: 'written', etag: written.etag };
  } catch (error) {
    return failureOf(error);
  }
}

const failureOf = (error: unknown): WriteOutcome =>
  isAppError(error, 'preconditionFailed') ? { kind: 'conflict' } : classifyFailure(error);

function toTwinPatch(document: JsonObject): TwinPatch {
  const [tags, desired] = [section(document, 'tags'), section(document, 'desired')];
  return { ...(tags && { tags }), ...(desired && { desired }) };
}
