import type { IdentityKey } from '../hub-model.js';
import { on, SyncStop } from './sync-stop.js';
import type { SyncRun } from './sync-run.js';

/** As many as are asked for at most. A ledger of fewer devices may well have lost all of them. */
const WITNESSES = 20;

/**
 * Before anything is taken away because the source says that it is gone: the source must know another device of the ledger at that
 * moment. Throws notNow `sourceDoubtful` where it knows none of twenty: it was emptied, rolled back or is not the hub that we know.
 */
export const assertSourceKnowsOthers = async (run: SyncRun, key: IdentityKey): Promise<void> => {
  const others = await on('storage', run.ledger.others(run.source, { deviceId: key.deviceId }, WITNESSES));
  for (const other of others) {
    if ((await on('source', run.sourceHub.getIdentity(other))) !== undefined) return;
  }
  if (others.length < WITNESSES) return;
  throw new SyncStop({ kind: 'notNow', reason: 'sourceDoubtful', side: 'source' });
};
