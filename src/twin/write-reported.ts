import { isAppError } from '../errors.js';
import type { IdentityKey, JsonObject } from '../hub-model.js';
import { diffPatch } from '../merge-patch.js';
import type { DocumentWrite } from './coalesce.js';
import type { Effects } from './effects.js';
import { classifyFailure, holdFor, type Failure, type Hold } from './hold.js';
import { section, type PlannedEvent } from './plan-identity.js';
import type { ReportedPort } from './ports.js';
import { replicateInstead } from './write-missing.js';
import { decideDirection, toStep, type Step } from './step.js';

/** Reported properties, written to the copy as the device itself. What cannot be written now or ever never stops the batch for good. */
export async function writeReported(key: IdentityKey, write: DocumentWrite<PlannedEvent>, fx: Effects): Promise<Step> {
  const items = write.changes.map(({ item }) => item);
  if (!fx.reported) {
    fx.counters.skipped('reportedOff', items.length);
    return { kind: 'done' };
  }
  const verdict = await decideDirection(fx);
  if (verdict.kind === 'hold') return { kind: 'hold', hold: { reason: verdict.reason, hubWide: true } };
  if (verdict.kind === 'skip') {
    fx.counters.skipped(verdict.reason, items.length);
    return { kind: 'done' };
  }
  const patch = await patchFor(key, write, fx);
  if (patch.kind === 'hold') return patch;
  if (patch.kind === 'missing') return toStep(await replicateInstead(key, items, fx));
  if (patch.kind === 'refused') return toStep(await fx.mark(key, 'reportedNotWritten', { cause: patch.error }));
  return Object.keys(patch.patch).length === 0
    ? { kind: 'done' }
    : toStep(await patchReported(key, patch.patch, items, fx.reported, fx));
}

type PatchFor = Failure | { kind: 'patch'; patch: JsonObject };

/** A device can only merge: a whole document becomes a patch against the copy as read. */
async function patchFor(key: IdentityKey, write: DocumentWrite<PlannedEvent>, fx: Effects): Promise<PatchFor> {
  const wanted = section(write.document, 'reported') ?? {};
  if (write.kind === 'patch') return { kind: 'patch', patch: wanted };
  try {
    const copy = await fx.target.getTwin(key);
    return copy ? { kind: 'patch', patch: diffPatch(copy.reported, wanted) } : { kind: 'missing' };
  } catch (error) {
    return classifyFailure(error);
  }
}

async function patchReported(
  key: IdentityKey,
  patch: JsonObject,
  items: readonly PlannedEvent[],
  port: ReportedPort,
  fx: Effects,
): Promise<Hold | undefined> {
  try {
    if ((await port.patchReported(fx.targetRole, key, patch)) === 'written') {
      fx.applied(items.filter(isReportedOnly));
      fx.counters.coalesced(items.length - 1);
    } else {
      fx.counters.skipped('notWritable', items.length);
      fx.logger.event('debug', 'reported.notWritable', { hub: fx.targetRole, ...key });
    }
    return undefined;
  } catch (error) {
    if (!isAppError(error)) throw error;
    if (classifyFailure(error).kind === 'missing') return replicateInstead(key, items, fx);
    return error.retryable ? holdFor(error) : fx.mark(key, 'reportedNotWritten', { cause: error });
  }
}

/** A change of more sections is counted where its tags and desired are written. */
const isReportedOnly = ({ event }: PlannedEvent): boolean => event.kind === 'twin' && !event.tags && !event.desired;
