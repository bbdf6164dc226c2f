import { codeOf } from '../errors.js';
import { defectFields, type Logger } from '../log-events.js';
import type { StoreAnswer } from './choose.js';
import type { RoutingDocument } from './document.js';
import type { RoutingStorePort } from './ports.js';

export interface Stores {
  /**
   * One answer for each store, always in the same order. `onAnswer`: what is known so far, those that have not answered as unreadable.
   * Never rejects.
   */
  ask(onAnswer?: (soFar: readonly StoreAnswer[]) => void): Promise<StoreAnswer[]>;
  /** The highest epoch that the stores' marks tell of, 0 without any. */
  floor(): number;
  /** Puts the document where `answers` has an older one, or none, under what was read there. Ends where somebody else has written. Never rejects. */
  bringUp(document: RoutingDocument, answers: readonly StoreAnswer[], which: readonly number[]): Promise<void>;
  /** Remembers beside each readable document that this one has been in force. */
  raiseMarks(document: RoutingDocument, answers: readonly StoreAnswer[]): Promise<void>;
}

/**
 * The routing document's stores. They are written one after another, in the order of their names and so in one order by every instance: of two
 * that write different documents the second fails at the first store, before it has written anything.
 */
export function createStores(unordered: readonly RoutingStorePort[], logger: Logger): Stores {
  const stores = [...unordered].sort((a, b) => a.name.localeCompare(b.name, 'en'));
  /** By store: what its mark is known to be. Absent: not read yet. */
  const marks = new Map<RoutingStorePort, number>();

  const away = (store: RoutingStorePort, error: unknown) => {
    if (codeOf(error) === 'defect') logger.event('error', 'defect', defectFields(error));
    logger.event('warn', 'routing.unreadable', { store: store.name, code: codeOf(error) });
  };

  async function readMark(store: RoutingStorePort): Promise<number> {
    const mark = (await store.readMark()) ?? 0;
    marks.set(store, Math.max(mark, marks.get(store) ?? 0));
    return mark;
  }

  async function askOne(store: RoutingStorePort): Promise<StoreAnswer> {
    try {
      // Before the document: a mark is made after it, so that a document not seen after its mark was there and has gone.
      const isKnown = marks.has(store);
      let mark = isKnown ? marks.get(store) : await readMark(store);
      let found = await store.read();
      if (found.kind === 'missing' && isKnown) {
        mark = await readMark(store);
        found = await store.read();
      }
      if (found.kind === 'invalid')
        logger.event('error', 'routing.invalid', { store: store.name, problems: found.problems.join('. ') });
      return found.kind === 'missing' ? { kind: 'missing', hadOne: (mark ?? 0) > 0 } : found;
    } catch (error) {
      away(store, error);
      return { kind: 'unreadable' };
    }
  }

  async function put(store: RoutingStorePort, document: RoutingDocument, answer: StoreAnswer): Promise<boolean> {
    const { epoch, revision } = document;
    const isNew = answer.kind === 'missing';
    const isTaken = isNew
      ? await store.create(document)
      : answer.kind === 'document' && (await store.replace(document, answer.etag));
    if (isTaken)
      logger.event('info', isNew ? 'routing.created' : 'routing.completed', { store: store.name, epoch, revision });
    return isTaken;
  }

  return {
    async ask(onAnswer) {
      const answers = stores.map((): StoreAnswer => ({ kind: 'unreadable' }));
      await Promise.all(
        stores.map(async (store, index) => {
          answers[index] = await askOne(store);
          onAnswer?.(answers);
        }),
      );
      return answers;
    },
    floor: () => Math.max(0, ...marks.values()),
    async bringUp(document, answers, which) {
      for (const index of [...which].sort((a, b) => a - b)) {
        const [store, answer] = [stores[index], answers[index]];
        if (!store || !answer) continue;
        try {
          if (!(await put(store, document, answer))) return;
        } catch (error) {
          away(store, error);
        }
      }
    },
    async raiseMarks({ epoch }, answers) {
      for (const [index, store] of stores.entries()) {
        if (answers[index]?.kind !== 'document' || (marks.get(store) ?? 0) >= epoch) continue;
        try {
          await store.raiseMark(epoch);
          marks.set(store, epoch);
        } catch (error) {
          away(store, error);
        }
      }
    },
  };
}
