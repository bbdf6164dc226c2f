import { AppError } from '../errors.js';
import type { WatchStorePort } from './ports.js';
import type { WatchState } from './watch-state.js';

const MAX_TRIES = 8;

/**
 * Changes what is stored of a hub by compare-and-set: `change` is asked again with what somebody else has written. `undefined` from it
 * leaves all as it is. Resolves with what is stored then; rejects with `storageConflict` when others were faster each time.
 */
export async function changeState(
  store: WatchStorePort,
  hub: string,
  change: (state: WatchState | undefined) => WatchState | undefined,
): Promise<WatchState | undefined> {
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const stored = await store.read(hub);
    const changed = change(stored?.state);
    if (changed === undefined) return stored?.state;
    if (await store.write(changed, stored?.etag)) return changed;
  }
  throw new AppError('storageConflict', `state of ${hub}: others wrote each time`, { retryable: true });
}
