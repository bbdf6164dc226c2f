import type { IdentityKey } from '../hub-model.js';
import { split, type DocumentWrite } from './coalesce.js';
import { planByAge, type Queue } from './copy-age.js';
import { lookAtCopy, readCopy, standsAsCopied, type CopyLook } from './copy-look.js';
import { logDefect, type Effects } from './effects.js';
import type { Hold } from './hold.js';
import type { EventWrite, IdentityWork, PlannedEvent } from './plan-identity.js';
import type { SkipReason } from './ports.js';
import { decideDirection, toStep, type Step } from './step.js';
import { writePatch, writeReplace } from './write-document.js';
import { skipLifecycle, writeLifecycle } from './write-lifecycle.js';
import { giveUp, replicateInstead } from './write-missing.js';
import { writeReported } from './write-reported.js';

/** A write that meets a foreign one each time waits for a better moment. */
const MAX_CONFLICTS = 5;

/**
 * Works one identity's queue off, in order, until it is empty or has to wait; resolves with the hold then. The direction is asked
 * before each write: a batch may outlive the answer that it began with.
 */
export async function workOff(work: IdentityWork, queue: Queue, fx: Effects): Promise<Hold | undefined> {
  const writes = work[queue];
  try {
    const known: Known = { look: undefined, conflicts: 0 };
    for (let write = writes[0]; write; write = writes[0]) {
      const step = await takeStep(work.key, queue, write, known, fx);
      if (step.kind === 'hold') return step.hold;
      if (step.kind === 'conflict' && ++known.conflicts >= MAX_CONFLICTS)
        return { reason: 'targetAway', hubWide: false };
      known.look = lookAfter(step, write, known.look, work.key, fx);
      if (step.kind === 'split' && write.kind !== 'barrier') writes.splice(0, 1, ...split(write));
      else if (step.kind === 'done' || step.kind === 'written' || step.kind === 'covered') writes.shift();
      if (write.kind !== 'barrier' && step.kind === 'covered') dropCovered(work, fx);
    }
    return undefined;
  } catch (error) {
    return abandon(work, error, fx);
  }
}

/** What one pass knows of the copy that it writes to. */
interface Known {
  look: CopyLook | undefined;
  conflicts: number;
}

/** What is still known of the copy. After a barrier, a copy by state or somebody else's write it may be another one. */
function lookAfter(
  step: Step,
  write: EventWrite,
  look: CopyLook | undefined,
  key: IdentityKey,
  fx: Effects,
): CopyLook | undefined {
  if (step.kind === 'looked') return step.look;
  if (step.kind === 'written') {
    fx.copies.wrote(key, look?.mark, step.etag);
    return { mark: look?.mark, etag: step.etag, isRead: false };
  }
  if (write.kind !== 'barrier' && step.kind !== 'conflict' && step.kind !== 'covered') return look;
  fx.copies.forget(key);
  return undefined;
}

async function takeStep(
  key: IdentityKey,
  queue: Queue,
  write: EventWrite,
  { look, conflicts }: Known,
  fx: Effects,
): Promise<Step> {
  const count = write.kind === 'barrier' ? 1 : write.changes.length;
  if (queue === 'reported' && !fx.reported) return skip('reportedOff', count, fx);
  const verdict = await decideDirection(fx);
  if (verdict.kind === 'hold') return { kind: 'hold', hold: { reason: verdict.reason, hubWide: true } };
  if (write.kind === 'barrier') {
    const { event } = write.item;
    if (event.kind !== 'lifecycle') return { kind: 'done' };
    return verdict.kind === 'skip' ? toStep(await skipLifecycle(event, fx)) : writeLifecycle(event, write.item, fx);
  }
  if (verdict.kind === 'skip') return skip(verdict.reason, count, fx);
  // The direction is asked again after each look.
  if (!look) return lookAtCopy(key, conflicts > 0, fx);
  if (look.mark?.isMoved) return skip('dpsMove', count, fx);
  const items = write.changes.map(({ item }) => item);
  const plan = planByAge(items, look.mark, queue);
  if (plan === 'split') return { kind: 'split' };
  if (plan === 'byState') return replicateInstead(key, items, fx);
  if (plan === 'skip') {
    if (standsAsCopied(look)) return skip('coveredByState', count, fx);
    return look.isRead ? replicateInstead(key, items, fx) : readOrReplicate(key, look, items, fx);
  }
  if (queue === 'reported' && fx.reported) return writeReported(key, write, fx.reported, fx);
  // A replace reads the copy in any case.
  if (look.etag === undefined && write.kind === 'patch') return readOrReplicate(key, look, items, fx);
  return writeDocument(key, write, look, fx);
}

const readOrReplicate = async (
  key: IdentityKey,
  look: CopyLook,
  items: readonly PlannedEvent[],
  fx: Effects,
): Promise<Step> => (await readCopy(key, look, fx)) ?? replicateInstead(key, items, fx);

const skip = (reason: SkipReason, count: number, fx: Effects): Step => {
  fx.counters.skipped(reason, count);
  return { kind: 'done' };
};

/** All of the batch happened before the source was read: what is left of this identity is part of that state. */
function dropCovered(work: IdentityWork, fx: Effects): void {
  for (const write of [...work.writes, ...work.reported])
    if (write.kind !== 'barrier') fx.counters.skipped('coveredByState', write.changes.length);
  work.writes.splice(0, work.writes.length, ...work.writes.filter(({ kind }) => kind === 'barrier'));
  work.reported.length = 0;
}

async function writeDocument(
  key: IdentityKey,
  write: DocumentWrite<PlannedEvent>,
  look: CopyLook,
  fx: Effects,
): Promise<Step> {
  const outcome = await (write.kind === 'patch' && look.etag !== undefined
    ? writePatch(key, write, look.etag, fx)
    : writeReplace(key, write, look, fx));
  const items = write.changes.map(({ item }) => item);
  if (outcome.kind === 'missing') return replicateInstead(key, items, fx);
  if (outcome.kind === 'refused') {
    return items.length > 1 ? { kind: 'split' } : toStep(await giveUp(key, items, outcome.error, fx));
  }
  if (outcome.kind !== 'written') return outcome;
  fx.applied(items);
  fx.counters.coalesced(items.length - 1);
  return outcome;
}

/** An error of our own: what is left of this identity is given up to repair by state, so that neither it nor the batch is lost. */
async function abandon(work: IdentityWork, error: unknown, fx: Effects): Promise<Hold | undefined> {
  logDefect(fx.logger, error, work.key);
  const hold = await fx.mark(work.key, 'defect', { cause: error });
  if (hold) return hold;
  const left = [...work.writes, ...work.reported].map((write) => (write.kind === 'barrier' ? 1 : write.changes.length));
  fx.counters.skipped(
    'defect',
    left.reduce((sum, count) => sum + count, 0),
  );
  dropWork(work);
  return undefined;
}

export function dropWork(work: IdentityWork): void {
  work.writes.length = 0;
  work.reported.length = 0;
}
