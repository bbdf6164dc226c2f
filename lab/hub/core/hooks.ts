import type { HubMessage, IdentityKey, JsonObject, LifecycleNotice, Unsubscribe } from '../../contracts.js';

/** Listeners of one kind, told synchronously and in order: each write is complete before they hear of it. */
interface Hook<Arguments extends unknown[]> {
  on: (listener: (...values: Arguments) => void) => Unsubscribe;
  emit: (...values: Arguments) => void;
}

function createHook<Arguments extends unknown[]>(): Hook<Arguments> {
  const listeners = new Set<(...values: Arguments) => void>();
  return {
    on: (listener) => {
      // A wrapper, so that one function can be registered twice and removed once.
      const registered = (...values: Arguments): void => listener(...values);
      listeners.add(registered);
      return () => void listeners.delete(registered);
    },
    emit: (...values) => {
      for (const listener of listeners) listener(...values);
    },
  };
}

export const createHooks = () => ({
  message: createHook<[HubMessage]>(),
  lifecycle: createHook<[LifecycleNotice]>(),
  desired: createHook<[IdentityKey, JsonObject]>(),
  revoked: createHook<[IdentityKey]>(),
  /** Everything was put back to an earlier time. */
  restored: createHook<[]>(),
  write: createHook<[{ kind: 'identity' | 'twin' | 'reported'; key: IdentityKey }]>(),
});
export type Hooks = ReturnType<typeof createHooks>;
