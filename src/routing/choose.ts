import { isDeepStrictEqual } from 'node:util';
import { compareAge, type RoutingDocument } from './document.js';
import type { StoredDocument } from './ports.js';

/** What one store answered. `missing`: it can be read and holds no document; `hadOne`: but once did. */
export type StoreAnswer =
  Exclude<StoredDocument, { kind: 'missing' }> | { kind: 'missing'; hadOne: boolean } | { kind: 'unreadable' };

/** What this process knows. `inForce`: a majority held `highest`. `floor`: the highest epoch that the stores' marks tell of, or 0. */
export interface Knowledge {
  highest?: { document: RoutingDocument; inForce: boolean };
  floor: number;
}

/** Why nothing is confirmed. */
export type Unconfirmed =
  | 'unreadable' // no store can be read
  | 'noMajority' // too few stores hold the highest document, and it can't be completed now
  | 'missing' // the stores had a document, and now have none
  | 'invalid' // what there is can't be read as a document
  | 'lowerEpoch' // only documents older than one that was seen
  | 'epochJump' // more than 1,000 epochs above what is known
  | 'conflict'; // two documents of one rank differ, or one epoch names two active hubs

export type Choice = { refused: readonly ('epochJump' | 'conflict')[] } & (
  | { kind: 'confirmed'; document: RoutingDocument; behind: readonly number[] }
  | { kind: 'complete'; document: RoutingDocument; behind: readonly number[]; holders: number; needed: number }
  | { kind: 'create' }
  /** `document`: the highest one, where it may be told to devices. */
  | { kind: 'unconfirmed'; reason: Unconfirmed; document?: RoutingDocument; holders: number; needed: number }
);

/** A hand that writes an epoch adds one. A far higher one is a slip of the finger, and could never be taken back. */
const MAX_JUMP = 1000;

/** Two answers of one epoch must name one active hub, and two of one revision must be the same. */
function contradict(a: RoutingDocument, b: RoutingDocument): boolean {
  if (a.epoch !== b.epoch) return false;
  return a.activeHub !== b.activeHub || (a.revision === b.revision && !isDeepStrictEqual(a, b));
}

/** The highest; where two of one rank differ, the one that more stores hold. */
function highestOf(documents: readonly RoutingDocument[]): RoutingDocument | undefined {
  const holders = (document: RoutingDocument) => documents.filter((each) => isDeepStrictEqual(each, document)).length;
  const [first] = [...documents].sort((a, b) => compareAge(b, a) || holders(b) - holders(a));
  return first;
}

/**
 * Which document counts. Of n stores:
 *
 *   W = floor(n / 2) + 1 (to decide), R = n - W + 1 (to know what was decided): R + W > n, so any R stores include one of any W
 *   inForce(D)     <=> |{s : s holds D}| >= W
 *   confirmed(D)   <=> |{s that answered : s holds D}| >= W, and no answer is above D, and nothing known is above D
 *   completable(D) <=> D is the highest answer, >= R answers can vouch that nothing above it is in force, >= W can hold it
 *
 * A store vouches by a document, or by never having had one. One that is away, invalid or has lost its document does not. So no
 * document is confirmed, and none is completed, that is older than one which W stores have held before the reading began.
 * One store: W = R = 1. Two: W = 2, R = 1. Three: W = R = 2.
 */
export function chooseDocument({ highest, floor }: Knowledge, answers: readonly StoreAnswer[]): Choice {
  const needed = Math.floor(answers.length / 2) + 1;
  const toKnow = answers.length - needed + 1;
  const found = answers.flatMap((answer, index) =>
    answer.kind === 'document' ? [{ index, document: answer.document }] : [],
  );
  const knownEpoch =
    Math.max(highest?.document.epoch ?? 0, floor) || Math.min(...found.map(({ document }) => document.epoch));
  const usable = found.filter(({ document }) => document.epoch <= knownEpoch + MAX_JUMP);
  const jumps = usable.length < found.length ? (['epochJump'] as const) : [];
  const isAny = (kind: StoreAnswer['kind']) => answers.some((answer) => answer.kind === kind);
  const missing = answers.flatMap((answer, index) =>
    answer.kind === 'missing' ? [{ index, hadOne: answer.hadOne }] : [],
  );

  const best = highestOf(usable.map(({ document }) => document));
  const no = (reason: Unconfirmed, holders: number, document?: RoutingDocument): Choice => ({
    kind: 'unconfirmed',
    reason,
    ...(document ? { document } : {}),
    holders,
    needed,
    refused: jumps,
  });
  if (!best) {
    if (jumps.length > 0) return no('epochJump', 0);
    if (isAny('invalid')) return no('invalid', 0);
    if (isAny('unreadable') || answers.length === 0) return no('unreadable', 0);
    const isLost = highest !== undefined || floor > 0 || missing.some(({ hadOne }) => hadOne);
    return isLost ? no('missing', 0) : { kind: 'create', refused: [] };
  }

  const holders = usable.filter(({ document }) => isDeepStrictEqual(document, best)).length;
  const hasMajority = holders >= needed;
  // A document that only a minority ever held binds nobody, where a majority has decided otherwise.
  const against = highest && (highest.inForce || !hasMajority) ? highest.document : undefined;
  if (against && contradict(against, best)) return no('conflict', holders);
  if (best.epoch < floor || (highest && compareAge(best, highest.document) < 0))
    return no(answers.length > usable.length + missing.length ? 'noMajority' : 'lowerEpoch', holders);

  const others = usable.filter(({ document }) => !isDeepStrictEqual(document, best));
  const lagging = others.filter(({ document }) => !contradict(document, best));
  const behind = [...lagging, ...missing].map(({ index }) => index).sort((a, b) => a - b);
  const isContradicted = lagging.length < others.length;
  const refused = [...jumps, ...(isContradicted ? (['conflict'] as const) : [])];
  if (hasMajority) return { kind: 'confirmed', document: best, behind, refused };
  if (isContradicted) return no('conflict', holders);
  const vouching = usable.length + missing.filter(({ hadOne }) => !hadOne).length;
  if (vouching >= toKnow && holders + behind.length >= needed)
    return { kind: 'complete', document: best, behind, holders, needed, refused };
  return no('noMajority', holders, best);
}
