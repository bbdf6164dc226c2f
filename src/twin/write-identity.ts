import type { IdentityKey } from '../hub-model.js';
import { split, type DocumentWrite } from './coalesce.js';
import { logDefect, type Effects } from './effects.js';
import type { Hold } from './hold.js';
import type { EventWrite, IdentityWork, PlannedEvent } from './plan-identity.js';
import { decideDirection, toStep, type Step } from './step.js';
import { writePatch, writeReplace } from './write-document.js';
import { skipLifecycle, writeLifecycle } from './write-lifecycle.js';
import { giveUp, replicateInstead } from './write-missing.js';
import { writeReported } from './write-reported.js';

/** A replace that meets a foreign write each time waits for a better moment. */
const MAX_CONFLICTS = 5;

/**
 * Works one identity's queue off, in order, until it is empty or has to wait; resolves with the hold then. The direction is asked
 * before each write: a batch may outlive the answer that it began with.
 */
export async function workOff(
  work: IdentityWork,
  queue: 'writes' | 'reported',
  fx: Effects,
): Promise<Hold | undefined> {
  const writes = work[queue];
  try {
    let conflicts = 0;
    for (let write = writes[0]; write; write = writes[0]) {
      const step = await takeStep(work.key, queue, write, fx);
      if (step.kind === 'hold') return step.hold;
      if (step.kind === 'done') writes.shift();
      else if (step.kind === 'split' && write.kind !== 'barrier') writes.splice(0, 1, ...split(write));
      else if (++conflicts >= MAX_CONFLICTS) return { reason: 'targetAway', hubWide: false };
    }
    return undefined;
  } catch (error) {
    return abandon(work, error, fx);
  }
}

async function takeStep(key: IdentityKey, queue: 'writes' | 'reported', write: EventWrite, fx: Effects): Promise<Step> {
  if (queue === 'reported' && write.kind !== 'barrier') return writeReported(key, write, fx);
  const verdict = await decideDirection(fx);
  if (verdict.kind === 'hold') return { kind: 'hold', hold: { reason: verdict.reason, hubWide: true } };
  if (write.kind === 'barrier') {
    const { event } = write.item;
    if (event.kind !== 'lifecycle') return { kind: 'done' };
    return toStep(await (verdict.kind === 'skip' ? skipLifecycle(event, fx) : writeLifecycle(event, write.item, fx)));
  }
  if (verdict.kind === 'apply') return writeDocument(key, write, fx);
  fx.counters.skipped(verdict.reason, write.changes.length);
  return { kind: 'done' };
}

async function writeDocument(key: IdentityKey, write: DocumentWrite<PlannedEvent>, fx: Effects): Promise<Step> {
  const outcome = await (write.kind === 'patch' ? writePatch(key, write, fx) : writeReplace(key, write, fx));
  const items = write.changes.map(({ item }) => item);
  if (outcome.kind === 'missing') return toStep(await replicateInstead(key, items, fx));
  if (outcome.kind === 'refused') {
    return items.length > 1 ? { kind: 'split' } : toStep(await giveUp(key, items, outcome.error, fx));
  }
  if (outcome.kind !== 'written') return outcome;
  fx.applied(items);
  fx.counters.coalesced(items.length - 1);
  return { kind: 'done' };
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
