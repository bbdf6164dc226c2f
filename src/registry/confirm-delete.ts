import type { HubRole } from '../hub-model.js';
import type { SyncIdentity } from './sync-identity.js';
import type { SyncOutcome } from './sync-outcome.js';

/** What became of the copy of one device that a person gives up. */
export type ConfirmDelete = (deviceId: string) => Promise<SyncOutcome>;

export const createConfirmDelete =
  ({
    activeHub,
    syncIdentity,
  }: {
    activeHub: () => Promise<HubRole | undefined>;
    syncIdentity: SyncIdentity;
  }): ConfirmDelete =>
  async (deviceId) => {
    const source = await activeHub();
    if (source === undefined) return { kind: 'notNow', reason: 'stateStale', side: 'direction' };
    return syncIdentity(source, { deviceId }, 'confirmed');
  };
