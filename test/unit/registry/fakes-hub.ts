import { AppError, type ErrorCode } from '../../../src/errors.js';
import {
  keyText,
  type Authentication,
  type Identity,
  type IdentityContent,
  type IdentityKey,
  type JsonObject,
  type Twin,
} from '../../../src/hub-model.js';
import { applyPatch } from '../../../src/merge-patch.js';
import type { RegistryHubPort, ReportedWriter } from '../../../src/registry/ports.js';

export type Operation = keyof RegistryHubPort | 'patchReported';
/** Called around each operation; throws to make it fail. `after`: it was done, and the answer is lost. */
export type CallHook = (operation: Operation, key: IdentityKey, phase: 'before' | 'after') => void | Promise<void>;

interface Item {
  identity: Identity;
  twin: Twin;
}

export const failure = (code: ErrorCode, retryAfterInMs?: number) =>
  new AppError(code, `A planted ${code}.`, {
    retryable: true,
    ...(retryAfterInMs !== undefined && { retryAfterInMs }),
  });

export const someKeys = (seed: string): Authentication => ({
  type: 'sas',
  symmetricKey: { primaryKey: `${seed}-1`, secondaryKey: `${seed}-2` },
});

/** A hub in memory: ETags, generations, modules that die with their device, and a hook for faults and interleaving. */
export class FakeHub implements RegistryHubPort {
  readonly calls: string[] = [];
  onCall: CallHook = () => {};
  #items = new Map<string, Item>();
  #serial = 0;
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  getIdentity(key: IdentityKey) {
    return this.#call('getIdentity', key, () => structuredClone(this.#items.get(keyText(key))?.identity));
  }

  createIdentity(content: IdentityContent) {
    return this.#call('createIdentity', content.key, () => this.put(content));
  }

  updateIdentity(content: IdentityContent, etag: string) {
    return this.#call('updateIdentity', content.key, () => {
      const item = this.#existing(content.key);
      if (item.identity.etag !== etag) throw failure('preconditionFailed');
      const { generationId, connectionState } = item.identity;
      item.identity = { ...structuredClone(content), generationId, etag: this.#next('e') };
      if (connectionState !== undefined) item.identity.connectionState = connectionState;
      return structuredClone(item.identity);
    });
  }

  deleteIdentity(key: IdentityKey, etag: string) {
    return this.#call('deleteIdentity', key, () => {
      const item = this.#items.get(keyText(key));
      if (item !== undefined && item.identity.etag !== etag) throw failure('preconditionFailed');
      this.remove(key);
    });
  }

  listModules(deviceId: string) {
    return this.#call('listModules', { deviceId }, () =>
      this.#modulesOf(deviceId).map((i) => structuredClone(i.identity)),
    );
  }

  getTwin(key: IdentityKey) {
    return this.#call('getTwin', key, () => {
      const item = this.#items.get(keyText(key));
      if (item === undefined) return undefined;
      const { etag: identityEtag, connectionState } = item.identity;
      return { ...structuredClone(item.twin), identityEtag, isConnected: connectionState === 'Connected' };
    });
  }

  patchTwin(key: IdentityKey, patch: { tags?: JsonObject; desired?: JsonObject }, etag: string) {
    return this.#call('patchTwin', key, () => {
      if (this.#existing(key).twin.etag !== etag) throw failure('preconditionFailed');
      return this.change(key, patch);
    });
  }

  /** What somebody does on the hub itself, past the hook. */
  put(content: IdentityContent): Identity {
    const { key } = content;
    if (this.has(key)) throw failure('alreadyExists');
    if (key.moduleId !== undefined && !this.has({ deviceId: key.deviceId })) throw failure('deviceNotFound');
    const identity = { ...structuredClone(content), generationId: this.#next('g'), etag: this.#next('e') };
    const twin = { key, etag: this.#next('t'), version: 2, tags: {}, desired: {}, reported: {} };
    this.#items.set(keyText(key), { identity, twin });
    if (content.iotEdge === true) {
      this.put({ key: { ...key, moduleId: '$edgeAgent' }, authentication: { type: 'none' } });
    }
    return structuredClone(identity);
  }

  addDevice(deviceId: string, more: Partial<IdentityContent> = {}): Identity {
    const authentication = someKeys(this.#next(deviceId));
    return this.put({ key: { deviceId }, authentication, status: 'enabled', iotEdge: false, ...more });
  }

  addModule(deviceId: string, moduleId: string): Identity {
    return this.put({ key: { deviceId, moduleId }, authentication: someKeys(this.#next(moduleId)) });
  }

  remove(key: IdentityKey): void {
    this.#items.delete(keyText(key));
    if (key.moduleId === undefined)
      for (const m of this.#modulesOf(key.deviceId)) this.#items.delete(keyText(m.identity.key));
  }

  /** No write: the ETag stays. */
  connect(key: IdentityKey, connected: boolean): void {
    this.#existing(key).identity.connectionState = connected ? 'Connected' : 'Disconnected';
  }

  edit(key: IdentityKey, more: Partial<IdentityContent>): void {
    const item = this.#existing(key);
    item.identity = { ...item.identity, ...more, etag: this.#next('e') };
  }

  change(key: IdentityKey, patch: { tags?: JsonObject; desired?: JsonObject; reported?: JsonObject }): Twin {
    const { twin } = this.#existing(key);
    for (const section of ['tags', 'desired', 'reported'] as const) {
      const part = patch[section];
      if (part !== undefined) twin[section] = applyPatch(twin[section], part);
    }
    twin.etag = this.#next('t');
    twin.version = (twin.version ?? 0) + 1;
    return structuredClone(twin);
  }

  has(key: IdentityKey): boolean {
    return this.#items.has(keyText(key));
  }

  identityOf(key: IdentityKey): Identity {
    return this.#existing(key).identity;
  }

  twinOf(key: IdentityKey): Twin {
    return this.#existing(key).twin;
  }

  /** All that a copy must equal, by key. */
  contents(): Record<string, unknown> {
    const sorted = [...this.#items.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(
      sorted.map(([text, { identity, twin }]) => {
        const { generationId: _generationId, etag: _etag, connectionState: _state, ...content } = identity;
        return [text, { content, tags: twin.tags, desired: twin.desired, reported: twin.reported }];
      }),
    );
  }

  /** Calls of these operations, as `operation key`. */
  writes(): string[] {
    return this.calls.filter((call) => /^(create|update|delete|patch)/.test(call));
  }

  async hooked<T>(operation: Operation, key: IdentityKey, work: () => T): Promise<T> {
    return this.#call(operation, key, work);
  }

  async #call<T>(operation: Operation, key: IdentityKey, work: () => T): Promise<T> {
    this.calls.push(`${operation} ${keyText(key)}`);
    await this.onCall(operation, key, 'before');
    const result = work();
    await this.onCall(operation, key, 'after');
    return result;
  }

  #modulesOf = (deviceId: string): Item[] =>
    [...this.#items.values()].filter(
      ({ identity: { key } }) => key.deviceId === deviceId && key.moduleId !== undefined,
    );

  #existing(key: IdentityKey): Item {
    const item = this.#items.get(keyText(key));
    if (item === undefined) throw failure(key.moduleId === undefined ? 'deviceNotFound' : 'moduleNotFound');
    return item;
  }

  #next(prefix: string): string {
    this.#serial += 1;
    return `${this.#name}-${prefix}${this.#serial}`;
  }
}

/** Writes reported on the fake hubs; devices without symmetric keys are `notWritable`. `ours`: `hub key` of open connections. */
export const fakeReported = (
  hubs: Record<'primary' | 'secondary', FakeHub>,
  ours: ReadonlySet<string> = new Set(),
): ReportedWriter => ({
  isOurConnection: (role, key) => ours.has(`${role} ${keyText(key)}`),
  patchReported: (role, key, reported) =>
    hubs[role].hooked('patchReported', key, () => {
      if (hubs[role].identityOf(key).authentication.type !== 'sas') return 'notWritable';
      hubs[role].change(key, { reported });
      return 'written';
    }),
});
