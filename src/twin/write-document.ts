import { isAppError } from '../errors.js';
import type { IdentityKey, JsonObject, TwinPatch } from '../hub-model.js';
import { diffPatch } from '../merge-patch.js';
import type { DocumentWrite } from './coalesce.js';
import type { Effects } from './effects.js';
import { classifyFailure, type Failure } from './hold.js';
import { section, type PlannedEvent } from './plan-identity.js';

export type WriteOutcome = Failure | { kind: 'written' } | { kind: 'conflict' };

/** Tags and desired in one service call, without a read before it. */
export async function writePatch(
  key: IdentityKey,
  write: DocumentWrite<PlannedEvent>,
  fx: Effects,
): Promise<WriteOutcome> {
  try {
    await fx.target.patchTwin(key, toTwinPatch(write.document));
    return { kind: 'written' };
  } catch (error) {
    return classifyFailure(error);
  }
}

/**
 * There is no replace in the SDK: what the copy has too much is nulled, which takes a read and a condition. `conflict`: somebody
 * wrote in between.
 */
export async function writeReplace(
  key: IdentityKey,
  write: DocumentWrite<PlannedEvent>,
  fx: Effects,
): Promise<WriteOutcome> {
  try {
    const copy = await fx.target.getTwin(key);
    if (copy === undefined) return { kind: 'missing' };
    const patch: TwinPatch = {};
    for (const name of ['tags', 'desired'] as const) {
      const difference = diffPatch(copy[name], section(write.document, name) ?? {});
      if (Object.keys(difference).length > 0) patch[name] = difference;
    }
    if (Object.keys(patch).length > 0) await fx.target.patchTwin(key, patch, copy.etag);
    return { kind: 'written' };
  } catch (error) {
    return isAppError(error, 'preconditionFailed') ? { kind: 'conflict' } : classifyFailure(error);
  }
}

function toTwinPatch(document: JsonObject): TwinPatch {
  const [tags, desired] = [section(document, 'tags'), section(document, 'desired')];
  return { ...(tags && { tags }), ...(desired && { desired }) };
}
