import { isAppError } from '../errors.js';
import type { IdentityKey, JsonObject } from '../hub-model.js';
import { diffPatch } from '../merge-patch.js';
import type { DocumentWrite } from './coalesce.js';
import type { Effects } from './effects.js';
import { classifyFailure, holdFor, type Failure } from './hold.js';
import { section, type PlannedEvent } from './plan-identity.js';
import type { ReportedPort } from './ports.js';
import { replicateInstead } from './write-missing.js';
import { toStep, type Step } from './step.js';

/** Reported properties, written to the copy as the device itself. What cannot be written now or ever never stops the batch for good. */
export async function writeReported(
  key: IdentityKey,
  write: DocumentWrite<PlannedEvent>,
  port: ReportedPort,
  fx: Effects,
): Promise<Step> {
  const items = write.changes.map(({ item }) => item);
  const patch = await patchFor(key, write, fx);
  if (patch.kind === 'hold') return patch;
  if (patch.kind === 'missing') return replicateInstead(key, items, fx);
  if (patch.kind === 'refused') return toStep(await fx.mark(key, 'reportedNotWritten', { cause: patch.error }));
  return Object.keys(patch.patch).length === 0 ? { kind: 'done' } : patchReported(key, patch, items, port, fx);
}

type PatchFor = Failure | { kind: 'patch'; patch: JsonObject; byState?: boolean };

/** A device can only merge: a whole document becomes a patch against the copy as read. */
async function patchFor(key: IdentityKey, write: DocumentWrite<PlannedEvent>, fx: Effects): Promise<PatchFor> {
  const wanted = section(write.document, 'reported') ?? {};
  if (write.kind === 'patch') return { kind: 'patch', patch: wanted };
  try {
    const copy = await fx.target.getTwin(key);
    return copy ? { kind: 'patch', patch: diffPatch(copy.reported, wanted), byState: true } : { kind: 'missing' };
  } catch (error) {
    return classifyFailure(error);
  }
}

async function patchReported(
  key: IdentityKey,
  { patch, byState = false }: Extract<PatchFor, { kind: 'patch' }>,
  items: readonly PlannedEvent[],
  port: ReportedPort,
  fx: Effects,
): Promise<Step> {
  try {
    const outcome = await port.patchReported(fx.targetRole, key, patch, { byState });
    // What the device reports there stays; who is right is decided later, by where it is then.
    if (outcome === 'homeElsewhere') return toStep(await fx.mark(key, 'homeElsewhere'));
    if (outcome !== 'notWritable') {
      fx.applied(items.filter(isReportedOnly));
      fx.counters.coalesced(items.length - 1);
    } else {
      fx.counters.skipped('notWritable', items.length);
      fx.logger.event('debug', 'reported.notWritable', { hub: fx.targetRole, ...key });
    }
    return { kind: 'done' };
  } catch (error) {
    if (!isAppError(error)) throw error;
    if (classifyFailure(error).kind === 'missing') return replicateInstead(key, items, fx);
    return toStep(error.retryable ? holdFor(error) : await fx.mark(key, 'reportedNotWritten', { cause: error }));
  }
}

/** A change of more sections is counted where its tags and desired are written. */
const isReportedOnly = ({ event }: PlannedEvent): boolean => event.kind === 'twin' && !event.tags && !event.desired;
