import type { IdentityKey } from '../hub-model.js';
import { copyTwin } from './copy-twin.js';
import type { SyncRun } from './sync-run.js';
import { on, SyncStop, untilSettled } from './sync-stop.js';
import type { SyncOutcome } from './sync-outcome.js';

/** Runs `work`; resolves to `instead` where it stops since a hub shows no modules of a disabled device. */
export const orIfDisabled = async <T>(work: Promise<T>, instead: () => Promise<T>): Promise<T> => {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof SyncStop) || error.outcome.kind !== 'nothing') throw error;
    if (error.outcome.reason !== 'deviceDisabled') throw error;
    return instead();
  }
};

/** A module's twin can be read and written while its device is disabled. Its identity comes when the device is enabled. */
export const copyTwinAlone = (run: SyncRun, key: IdentityKey): Promise<SyncOutcome> =>
  untilSettled(async () => {
    const row = await on('storage', run.ledger.read(run.source, key));
    const there = await on('target', run.targetHub.getTwin(key));
    const here = await on('source', run.sourceHub.getTwin(key));
    if (row?.state !== 'copied' || there === undefined || here === undefined)
      return { kind: 'nothing', reason: 'deviceDisabled' };
    const { version, copyEtag } = await copyTwin(run, key);
    const state = { sourceVersion: version, copyEtag, stateAt: run.clock.now() };
    await on('storage', run.ledger.write(run.source, { ...row, ...state }));
    return { kind: 'done', did: 'updated' };
  });
