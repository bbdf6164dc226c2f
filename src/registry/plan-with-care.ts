import { randomBytes } from 'node:crypto';
import type { Authentication, Identity, IdentityKey } from '../hub-model.js';
import { awaitWord } from './await-word.js';
import { lastWriterOf } from './copy-writer.js';
import { isHome, seemsHome } from './home.js';
import { sameAccess } from './identity-content.js';
import { planIdentity, type IdentityPlan } from './plan-identity.js';
import { readPair, type IdentityPair } from './read-pair.js';
import { isByPerson, type SyncRun } from './sync-run.js';
import { on, SyncStop } from './sync-stop.js';
import { assertSourceKnowsOthers } from './witness.js';

/** Plans, and looks closer before anything is taken away or left to somebody else. Throws SyncStop where that cannot be told now. */
export const planWithCare = async (run: SyncRun, key: IdentityKey, pair: IdentityPair): Promise<IdentityPlan> => {
  const plan = planFor(run, pair, seemsHome(run, pair.target));
  if (plan.kind === 'keep') await assertNotOvertaken(run, pair);
  const { target } = pair;
  if (target === undefined || !takesAway(plan, target)) return plan;
  const closer = (await isHome(run, target)) ? planFor(run, pair, true) : plan;
  if (!takesAway(closer, target)) return closer;
  if (pair.source !== undefined) return closer;
  await assertSourceKnowsOthers(run, key);
  const last = key.moduleId === undefined ? closer : await planWithDevice(run, key, closer, pair);
  if (pair.ledger !== undefined && takesAway(last, target)) await awaitWord(run, pair.ledger);
  return last;
};

const planFor = (run: SyncRun, pair: IdentityPair, home: boolean): IdentityPlan =>
  planIdentity({
    ...pair,
    now: run.clock.now(),
    graceInMs: run.graceInMs,
    isHome: home,
    mayBeUs: run.reported !== undefined,
    isAsked: isByPerson(run.cause),
    isConfirmed: run.cause === 'confirmed',
    unusable: unusableKeys(),
  });

/** Would the copy lose its access, or be gone? */
export const takesAway = (plan: IdentityPlan, target: Identity): boolean =>
  plan.kind === 'update'
    ? !sameAccess(plan.content, target)
    : plan.kind === 'recreate' || plan.kind === 'disable' || plan.kind === 'delete';

/** Symmetric keys that exist nowhere else. Every kind of authentication may be changed into these. */
const unusableKeys = (): Authentication => {
  const key = () => randomBytes(32).toString('base64');
  return { type: 'sas', symmetricKey: { primaryKey: key(), secondaryKey: key() } };
};

/**
 * The target was read before the ledger. Another instance of ours may have written both in between: then the target shows another
 * ETag by now. Throws `again` in that case.
 */
const assertNotOvertaken = async (run: SyncRun, { target, ledger }: IdentityPair): Promise<void> => {
  if (target === undefined || lastWriterOf(target, ledger) !== 'others') return;
  const now = await on('target', run.targetHub.getIdentity(target.key));
  if (now?.etag !== target.etag || now.generationId !== target.generationId) throw new SyncStop({ kind: 'again' });
};

/** A module of a device that was moved goes on living with it. */
const planWithDevice = async (
  run: SyncRun,
  { deviceId }: IdentityKey,
  plan: IdentityPlan,
  { ledger }: IdentityPair,
): Promise<IdentityPlan> => {
  const device = await readPair(run, { deviceId });
  if (device.source !== undefined) return plan;
  const ofDevice = await planWithCare(run, { deviceId }, device);
  return ofDevice.kind === 'keep' ? { ...ofDevice, ledger } : plan;
};
