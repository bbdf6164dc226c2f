import type { Identity, IdentityKey } from '../hub-model.js';
import { newestEvidence } from './evidence.js';
import type { LedgerEntry } from './ports.js';
import type { SyncRun } from './sync-run.js';
import { on } from './sync-stop.js';

export interface IdentityPair {
  source: Identity | undefined;
  target: Identity | undefined;
  ledger: LedgerEntry | undefined;
}

/** The target first: its ETag must be older than what is read of the source, or an old state could overwrite a newer one. */
export const readPair = async (run: SyncRun, key: IdentityKey): Promise<IdentityPair> => {
  const target = await on('target', run.targetHub.getIdentity(key));
  const source = await on('source', run.sourceHub.getIdentity(key));
  const rows = Promise.all([run.ledger.read(run.source, key), run.ledger.read(run.target, key)]);
  return { source, target, ledger: newestEvidence(...(await on('storage', rows))) };
};
