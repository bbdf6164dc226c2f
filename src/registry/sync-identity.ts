import { isSystemModule, isValidId } from '../identity-id.js';
import { keyText, type HubRole, type IdentityKey } from '../hub-model.js';
import { copyIdentity } from './copy-identity.js';
import { copyTwinAlone, orIfDisabled } from './disabled-device.js';
import { createKeyedMutex } from './keyed-mutex.js';
import { isRecorded } from './plan-identity.js';
import { readPair } from './read-pair.js';
import { deletedMark, keepReasons, type DirtyMark } from './ports.js';
import { isByPerson, lookAgain, startRun, type IdentitySyncOptions, type SyncCause, type SyncRun } from './sync-run.js';
import { assertMayWrite, on, SyncStop, untilSettled } from './sync-stop.js';
import type { SyncOutcome } from './sync-outcome.js';

/**
 * Brings the copy of `key` on the other hub up to the state of `source`, read now. Idempotent: any hint may call it, any number
 * of times. Expected failures are outcomes; only defects reject. `cause`: default `hint`.
 */
export type SyncIdentity = (source: HubRole, key: IdentityKey, cause?: SyncCause) => Promise<SyncOutcome>;

export const createIdentitySync = (options: IdentitySyncOptions): SyncIdentity => {
  // By device, not by key: a device's sync brings its modules along, and a module's may need its device first.
  const serialise = createKeyedMutex();
  return (source, key, cause = 'hint') =>
    serialise(key.deviceId, async () => {
      const outcome = await sync(startRun(options, source, cause), key).catch(outcomeOfStop);
      if (outcome.kind === 'done') {
        options.logger.event('info', 'identity.synced', {
          outcome: outcome.did,
          hub: options.hubNames[source],
          ...key,
        });
      }
      return outcome;
    });
};

const sync = async (run: SyncRun, key: IdentityKey): Promise<SyncOutcome> => {
  if (isSystemModule(key)) return { kind: 'nothing', reason: 'systemModule' };
  if (![key.deviceId, key.moduleId ?? key.deviceId].every(isValidId)) return { kind: 'nothing', reason: 'invalidId' };
  await assertMayWrite(run.direction, run.source);
  // Before the source: a mark set after our read of it stands for a change that we may not have seen.
  const mark = await on('storage', run.ledger.readDirty(run.source, key));
  if (run.cause === 'hint' && mark?.reason === deletedMark) run.cause = 'deleteTold';
  const outcome =
    key.moduleId === undefined
      ? await syncDevice(run, key)
      : await orIfDisabled(syncModule(run, key), () => copyTwinAlone(run, key));
  const unfinished = await tellReportedStops(run, key);
  if (unfinished !== undefined) return unfinished;
  if (mark !== undefined) await clear(run, mark);
  return outcome;
};

const syncDevice = (run: SyncRun, key: IdentityKey): Promise<SyncOutcome> => copyIdentity(run, key, syncModulesOf);

/** A module's own event may have come before its device's, or its copy may have died with the device's older life. */
const syncModulesOf = async (run: SyncRun, { deviceId }: IdentityKey): Promise<void> => {
  // With shared access policies a disabled device's modules cannot be listed. They come when it is enabled.
  const listed = on('source', run.sourceHub.listModules(deviceId));
  for (const { key } of await orIfDisabled(listed, () => Promise.resolve([]))) {
    if (isSystemModule(key)) continue;
    try {
      await orIfDisabled(copyIdentity(run, key, nothingMore), () => copyTwinAlone(run, key));
    } catch (error) {
      if (!(error instanceof SyncStop) || error.outcome.kind !== 'refused') throw error;
      // One refused module must keep neither its device nor its siblings from being copied: it gets a message of its own.
      await lookAgain(run, key, run.clock.now());
    }
  }
};

const isKept = (reason: string): boolean => keepReasons.some((kept) => kept === reason);

const nothingMore = () => Promise.resolve();

const syncModule = (run: SyncRun, key: IdentityKey): Promise<SyncOutcome> =>
  untilSettled(async () => {
    const device = { deviceId: key.deviceId };
    const { source, target, ledger } = await readPair(run, device);
    if (ledger?.kept === 'dpsMove' && !isByPerson(run.cause)) return { kind: 'nothing', reason: 'dpsMove' };
    if (!isRecorded(ledger, source, target)) {
      const outcome = await syncDevice(run, device);
      if (outcome.kind === 'nothing' && isKept(outcome.reason)) return outcome;
    }
    return copyIdentity(run, key, nothingMore);
  });

/** The identity's own is this call's outcome; those of modules that came along get a message each. */
const tellReportedStops = async (run: SyncRun, key: IdentityKey): Promise<SyncOutcome | undefined> => {
  let own: SyncOutcome | undefined;
  for (const stop of run.reportedStops.values()) {
    if (keyText(stop.key) === keyText(key)) own = settled(stop.outcome);
    else await lookAgain(run, stop.key, run.clock.now());
  }
  return own;
};

const clear = async (run: SyncRun, mark: DirtyMark): Promise<void> => {
  const cleared = await on('storage', run.ledger.clearDirty(run.source, mark));
  if (!cleared) run.logger.event('debug', 'identity.synced', { outcome: 'stillDirty', ...mark.key });
};

const outcomeOfStop = (error: unknown): SyncOutcome => {
  if (!(error instanceof SyncStop)) throw error;
  return settled(error.outcome);
};

/** `again` that reaches this far came from outside every repetition (a clear, a direction): contention by another name. */
const settled = (outcome: SyncStop['outcome']): SyncOutcome =>
  outcome.kind === 'again'
    ? {
        kind: 'notNow',
        reason: 'contended',
        side: 'target',
        ...(outcome.error !== undefined && { error: outcome.error }),
      }
    : outcome;
