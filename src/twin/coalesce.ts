import type { JsonObject } from '../hub-model.js';
import { applyPatch, composePatches } from '../merge-patch.js';

/** One change of one identity. `document` holds sections by name; a `barrier` is work that nothing may be moved across. */
export type Change<T> = DocumentChange<T> | { kind: 'barrier'; item: T };
interface DocumentChange<T> {
  kind: 'patch' | 'replace';
  document: JsonObject;
  item: T;
}

/** One write that stands for `changes`, in their order. */
export type Write<T> = DocumentWrite<T> | { kind: 'barrier'; item: T };
export interface DocumentWrite<T> {
  kind: 'patch' | 'replace';
  document: JsonObject;
  changes: DocumentChange<T>[];
}

/** About the size of the largest twin (tags 8 KB, desired 32 KB), with room for the names of removed keys. */
const MAX_COMPOSED_BYTES = 64 * 1024;

/**
 * The fewest writes whose effect is exactly that of the changes one after another. Merge patches compose only where
 * `composePatches` says so; a replace starts a new write, and patches after it are applied onto its whole document.
 */
export function coalesce<T>(changes: readonly Change<T>[], maxBytes = MAX_COMPOSED_BYTES): Write<T>[] {
  const writes: Write<T>[] = [];
  let bytes = 0;
  for (const change of changes) {
    if (change.kind === 'barrier') {
      writes.push(change);
      continue;
    }
    const size = sizeOf(change.document);
    const last = writes.at(-1);
    const joined = last && last.kind !== 'barrier' ? join(last, change) : undefined;
    if (last && last.kind !== 'barrier' && joined) {
      // One document made of two is never larger than both together: mostly it need not be measured.
      bytes = bytes + size <= maxBytes ? bytes + size : sizeOf(joined);
      if (bytes <= maxBytes) {
        last.document = joined;
        last.changes.push(change);
        continue;
      }
    }
    writes.push({ kind: change.kind, document: change.document, changes: [change] });
    bytes = size;
  }
  return writes;
}

function join<T>(write: DocumentWrite<T>, change: DocumentChange<T>): JsonObject | undefined {
  if (change.kind === 'replace') return undefined;
  return write.kind === 'replace'
    ? applyPatch(write.document, change.document)
    : composePatches(write.document, change.document);
}

/** The same changes, each a write of its own: to find the one that the target refuses. */
export const split = <T>(write: DocumentWrite<T>): Write<T>[] =>
  write.changes.map((change) => ({ kind: change.kind, document: change.document, changes: [change] }));

const sizeOf = (document: JsonObject): number => Buffer.byteLength(JSON.stringify(document));
