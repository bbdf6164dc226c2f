import { keyText, type Identity, type IdentityKey, type Twin, type TwinPatch } from '../hub-model.js';
import { diffPatch } from '../merge-patch.js';
import { writeToTarget, type SyncRun } from './sync-run.js';
import { assertMayWrite, on, SyncStop } from './sync-stop.js';

/**
 * Makes tags and desired properties equal in one conditional write, then the reported ones where that is wanted. The target's
 * ETag is read before the source, so that whoever read the source later wins; the loser starts over from the identity. Resolves
 * with the version of the source's twin as it was read, and with the ETag under which the copy holds it. `identity`: of the copy, as it
 * was when it was found to be ours.
 */
export const copyTwin = async (
  run: SyncRun,
  key: IdentityKey,
  identity?: Identity,
): Promise<{ version: number; copyEtag: string }> => {
  const target = present(await on('target', run.targetHub.getTwin(key)));
  await assertNotMoved(run, target, identity);
  const source = present(await on('source', run.sourceHub.getTwin(key)));
  const patch = twinPatch(target, source);
  const { etag: copyEtag } =
    patch === undefined ? target : await writeToTarget(run, () => run.targetHub.patchTwin(key, patch, target.etag));
  await copyReported(run, target, source);
  return { version: source.version, copyEtag };
};

/**
 * Whoever moves a device to the target writes its identity, then its twin. A twin read after that would be taken for ours, and overwritten
 * under its own ETag. Throws `again` where the identity is another one by now.
 */
const assertNotMoved = async (run: SyncRun, twin: Twin, identity: Identity | undefined): Promise<void> => {
  if (identity === undefined || twin.identityEtag === undefined || twin.identityEtag === identity.etag) return;
  const now = await on('target', run.targetHub.getIdentity(identity.key));
  if (now?.etag !== identity.etag) throw new SyncStop({ kind: 'again' });
};

/** Both identities were there a moment ago: one was deleted meanwhile, or its twin is not made yet. Look at the identity again. */
const present = (twin: Twin | undefined): Twin => {
  if (twin === undefined) throw new SyncStop({ kind: 'again' });
  return twin;
};

const twinPatch = (target: Twin, source: Twin): TwinPatch | undefined => {
  const tags = diffPatch(target.tags, source.tags);
  const desired = diffPatch(target.desired, source.desired);
  if (isEmpty(tags) && isEmpty(desired)) return undefined;
  return { ...(!isEmpty(tags) && { tags }), ...(!isEmpty(desired) && { desired }) };
};

const isEmpty = (patch: object): boolean => Object.keys(patch).length === 0;

/** Their writing needs a connection as the device: failing it must not keep modules and the ledger waiting. */
const copyReported = async (run: SyncRun, target: Twin, source: Twin): Promise<void> => {
  const { reported } = run;
  if (reported === undefined) return;
  const { key } = source;
  run.reportedStops.delete(keyText(key));
  const patch = diffPatch(target.reported, source.reported);
  if (isEmpty(patch)) return;
  await assertMayWrite(run.direction, run.source);
  try {
    const written = await on('reported', reported.patchReported(run.target, key, patch, { byState: true }));
    if (written === 'notWritable') {
      run.logger.event('info', 'reported.notWritable', { hub: run.hubNames[run.target], ...key });
    }
    if (written === 'homeElsewhere') throw new SyncStop({ kind: 'notNow', reason: written, side: 'reported' });
  } catch (error) {
    if (!(error instanceof SyncStop)) throw error;
    run.reportedStops.set(keyText(key), { key, outcome: error.outcome });
  }
};
