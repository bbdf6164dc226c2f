import { isDeepStrictEqual } from 'node:util';
import { compareAge, type RoutingDocument } from './document.js';

/** What one store answered. `missing`: it can be read and holds no document. */
export type StoreAnswer =
  { kind: 'document'; document: RoutingDocument } | { kind: 'missing' } | { kind: 'unreadable' };

export type Choice =
  /** The stores confirm this document now. */
  | { kind: 'confirmed'; document: RoutingDocument; changed: boolean }
  /** Every store can be read and none holds a document, and none was ever seen: a fresh installation. */
  | { kind: 'create' }
  /** Nothing that may replace or confirm what is known. */
  | { kind: 'unconfirmed'; reason: 'unreadable' | 'missing' | 'lowerEpoch' | 'conflict' };

/** Two answers of one epoch must name one active hub, and two of one revision must be the same. */
function contradict(a: RoutingDocument, b: RoutingDocument): boolean {
  if (a.epoch !== b.epoch) return false;
  return a.activeHub !== b.activeHub || (a.revision === b.revision && !isDeepStrictEqual(a, b));
}

/**
 * Which document counts. The highest (epoch, revision) wins, a lower one than already seen is refused, and a contradiction within
 * one epoch confirms nothing: the last good one stays, and writers come to a hold when it has grown too old.
 */
export function chooseDocument(known: RoutingDocument | undefined, answers: readonly StoreAnswer[]): Choice {
  const documents = answers.flatMap((answer) => (answer.kind === 'document' ? [answer.document] : []));
  const [first, ...rest] = documents;
  if (!first) {
    if (answers.some((answer) => answer.kind === 'unreadable') || answers.length === 0)
      return { kind: 'unconfirmed', reason: 'unreadable' };
    return known ? { kind: 'unconfirmed', reason: 'missing' } : { kind: 'create' };
  }
  const best = rest.reduce((highest, document) => (compareAge(document, highest) > 0 ? document : highest), first);
  const witnesses = known ? [...documents, known] : documents;
  if (witnesses.some((document) => contradict(document, best))) return { kind: 'unconfirmed', reason: 'conflict' };
  if (known && compareAge(best, known) < 0) return { kind: 'unconfirmed', reason: 'lowerEpoch' };
  return { kind: 'confirmed', document: best, changed: !known || compareAge(best, known) > 0 };
}
