import { AppError } from '../../../src/errors.js';
import { firstDocument, type RoutingDocument } from '../../../src/routing/document.js';
import type { OlderLife, RoutingStorePort } from '../../../src/routing/ports.js';
import { createRoutingState } from '../../../src/routing/state.js';
import { aClock, aLogger } from '../support/fakes.js';

export const hubNames = { primary: 'north', secondary: 'south' };

export const aDocument = (more: Partial<RoutingDocument> = {}): RoutingDocument => ({
  ...firstDocument(new Date('2026-01-01T00:00:00Z'), hubNames),
  ...more,
});

export const reversed = (epoch = 2): RoutingDocument =>
  aDocument({ epoch, activeHub: 'secondary', direction: 'reverse' });

type StoreCall = 'read' | 'create' | 'replace' | 'readMark' | 'raiseMark';

export interface FakeStore extends RoutingStorePort {
  /** What it holds; a text is what is wrong with it. */
  document: RoutingDocument | string | undefined;
  mark: number | undefined;
  away: boolean;
  reads: number;
  /** Before each call. */
  onCall: ((call: StoreCall) => Promise<void> | void) | undefined;
}

/** A state account in memory, with ETags. */
export function aStore(name = 'first', document?: RoutingDocument | string): FakeStore {
  /** Of the document that is there; a new one for each that is put there, by whomever. */
  let seen: { document: FakeStore['document']; etag: number } = { document, etag: 1 };
  const etagNow = () => {
    if (seen.document !== store.document) seen = { document: store.document, etag: seen.etag + 1 };
    return String(seen.etag);
  };
  const begin = async (call: StoreCall) => {
    await store.onCall?.(call);
    if (store.away) throw new AppError('storageUnavailable', 'away', { retryable: true });
  };
  const store: FakeStore = {
    name,
    document,
    mark: undefined,
    away: false,
    reads: 0,
    onCall: undefined,
    async read() {
      store.reads += 1;
      await begin('read');
      if (store.document === undefined) return { kind: 'missing' };
      return typeof store.document === 'string'
        ? { kind: 'invalid', problems: [store.document] }
        : { kind: 'document', document: structuredClone(store.document), etag: etagNow() };
    },
    async create(created) {
      await begin('create');
      if (store.document !== undefined) return false;
      store.document = created;
      return true;
    },
    async replace(next, etag) {
      await begin('replace');
      if (store.document === undefined || etagNow() !== etag) return false;
      store.document = structuredClone(next);
      return true;
    },
    async readMark() {
      await begin('readMark');
      return store.mark;
    },
    async raiseMark(epoch) {
      await begin('raiseMark');
      store.mark = Math.max(epoch, store.mark ?? 0);
    },
  };
  return store;
}

/** A process that keeps the document of these stores. `start`: another one, or the same after a restart. */
export const setUp = (...stores: FakeStore[]) => {
  const clock = aClock();
  const logger = aLogger();
  const installation: { sign: OlderLife | undefined; hubNames: typeof hubNames } = { sign: undefined, hubNames };
  /** Another process on the same stores. */
  const start = (names = hubNames) =>
    createRoutingState({
      stores,
      hubNames: names,
      clock,
      logger,
      refreshInMs: 5000,
      maxAgeInMs: 30_000,
      findOlderLife: async () => installation.sign,
    });
  const events = (id: string) => logger.events.filter((event) => event.id === id).map(({ fields }) => fields);
  return { clock, logger, events, installation, start, state: start() };
};
