import { keyText, type HubRole, type IdentityKey } from '../../../src/hub-model.js';
import type {
  BreakerPort,
  BreakerRow,
  DirtyMark,
  KeptCopy,
  KeptPort,
  LedgerEntry,
  LedgerPort,
  RetryMessage,
  RetryQueuePort,
} from '../../../src/registry/ports.js';
import { failure } from './fakes-hub.js';

export type StorageHook = (operation: string, phase: 'before' | 'after') => void | Promise<void>;

const rowName = (source: HubRole, key: IdentityKey) => `${source}:${keyText(key)}`;

export class FakeLedger implements LedgerPort {
  onCall: StorageHook = () => {};
  readonly rows = new Map<string, LedgerEntry>();
  readonly marks = new Map<string, DirtyMark>();
  #serial = 0;

  read(source: HubRole, key: IdentityKey) {
    return this.#call('read', () => structuredClone(this.rows.get(rowName(source, key))));
  }

  write(source: HubRole, entry: LedgerEntry) {
    return this.#call('write', () => {
      const name = rowName(source, entry.key);
      if (this.rows.get(name)?.etag !== entry.etag) throw failure('storageConflict');
      const row = { ...structuredClone(entry), etag: this.#next() };
      this.rows.set(name, row);
      return structuredClone(row);
    });
  }

  readDirty(source: HubRole, key: IdentityKey) {
    return this.#call('readDirty', () => structuredClone(this.marks.get(rowName(source, key))));
  }

  markDirty(source: HubRole, key: IdentityKey, reason: string, at: Date, dueAt: Date) {
    return this.#call('markDirty', () => {
      this.marks.set(rowName(source, key), { key, reason, since: at, token: this.#next(), dueAt });
    });
  }

  postponeDirty(source: HubRole, key: IdentityKey, dueAt: Date) {
    return this.#call('postponeDirty', () => {
      const mark = this.marks.get(rowName(source, key));
      if (mark !== undefined) mark.dueAt = dueAt;
    });
  }

  listOverdue(source: HubRole, before: Date, limit: number) {
    return this.#call('listOverdue', () =>
      [...this.marks]
        .filter(([name, { dueAt }]) => name.startsWith(`${source}:`) && dueAt !== undefined && dueAt < before)
        .slice(0, limit)
        .map(([, mark]) => structuredClone(mark)),
    );
  }

  clearDirty(source: HubRole, mark: DirtyMark) {
    return this.#call('clearDirty', () => {
      const name = rowName(source, mark.key);
      const found = this.marks.get(name);
      if (found !== undefined && found.token !== mark.token) return false;
      this.marks.delete(name);
      return true;
    });
  }

  others(source: HubRole, key: IdentityKey, limit: number) {
    return this.#call('others', () =>
      [...this.rows.entries()]
        .filter(
          ([
            name,
            {
              state,
              key: { moduleId },
            },
          ]) => name.startsWith(source) && state === 'copied' && !moduleId,
        )
        .map(([, row]) => row.key)
        .filter(({ deviceId }) => deviceId !== key.deviceId)
        .slice(0, limit),
    );
  }

  countMissing(source: HubRole, limit: number) {
    return this.#call('countMissing', () => {
      const missing = [...this.rows].filter(
        ([name, { missingSince }]) => name.startsWith(`${source}:`) && missingSince,
      );
      return Math.min(limit, missing.length);
    });
  }

  purgeTombstones(source: HubRole, _before: Date, limit: number) {
    return this.#call('purgeTombstones', () => {
      const gone = [...this.rows].filter(([name, { state }]) => name.startsWith(`${source}:`) && state === 'tombstone');
      for (const [name] of gone.slice(0, limit)) this.rows.delete(name);
      return Math.min(limit, gone.length);
    });
  }

  listPendingDeletes(source: HubRole, before: Date, limit: number) {
    return this.#call('listPendingDeletes', () =>
      [...this.rows]
        .filter(([name, row]) => name.startsWith(`${source}:`) && row.state === 'pendingDelete')
        .filter(([, { deleteAfter }]) => deleteAfter !== undefined && deleteAfter < before)
        .slice(0, limit)
        .map(([, row]) => row.key),
    );
  }

  readonly breakers = new Map<HubRole, BreakerRow>();
  readonly breaker: BreakerPort = {
    read: async (source) => structuredClone(this.breakers.get(source)),
    write: async (source, row) => {
      if (this.breakers.get(source)?.etag !== row.etag) throw failure('storageConflict');
      this.breakers.set(source, { ...structuredClone(row), etag: this.#next() });
    },
    countKnown: async (source) =>
      [...this.rows].filter(([name, { state }]) => name.startsWith(`${source}:`) && state === 'copied').length,
  };
  readonly keptCopies = new Map<string, KeptCopy>();
  readonly kept: KeptPort = {
    keep: async (source, key, reason, since) =>
      void this.keptCopies.set(rowName(source, key), { source, key, reason, since }),
    release: async (source, key) => void this.keptCopies.delete(rowName(source, key)),
    list: async () => ({ counts: {}, first: [...this.keptCopies.values()] }),
  };

  countDirty() {
    return Promise.resolve(this.marks.size);
  }

  row(key: IdentityKey, source: HubRole = 'primary'): LedgerEntry | undefined {
    return this.rows.get(rowName(source, key));
  }

  mark(key: IdentityKey, source: HubRole = 'primary'): DirtyMark | undefined {
    return this.marks.get(rowName(source, key));
  }

  async #call<T>(operation: string, work: () => T): Promise<T> {
    await this.onCall(operation, 'before');
    const result = work();
    await this.onCall(operation, 'after');
    return result;
  }

  #next(): string {
    this.#serial += 1;
    return `l${this.#serial}`;
  }
}

export class FakeQueue implements RetryQueuePort {
  onCall: StorageHook = () => {};
  readonly messages: { message: RetryMessage; delayInMs: number }[] = [];

  async enqueue(message: RetryMessage, delayInMs: number) {
    await this.onCall('enqueue', 'before');
    this.messages.push({ message, delayInMs });
    await this.onCall('enqueue', 'after');
  }

  count() {
    return Promise.resolve(this.messages.length);
  }

  countPoison() {
    return Promise.resolve(0);
  }
}
