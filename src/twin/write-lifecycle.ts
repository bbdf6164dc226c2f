import { otherRole } from '../hub-model.js';
import type { Effects } from './effects.js';
import type { Hold } from './hold.js';
import type { LifecycleChange } from './parse-event.js';
import type { PlannedEvent } from './plan-identity.js';
import { toStep, type Step } from './step.js';
import { replicateInstead } from './write-missing.js';

/** Modules raise no Event Grid event: they are replicated from here. A device is only marked: the registry writer repairs it by state. */
export async function writeLifecycle(change: LifecycleChange, item: PlannedEvent, fx: Effects): Promise<Step> {
  if (change.key.moduleId !== undefined) return replicateInstead(change.key, [item], fx, change.opType === 'delete');
  const hold = await fx.mark(change.key, change.opType === 'delete' ? 'deleted' : 'lifecycle');
  if (!hold) fx.applied([item]);
  return toStep(hold);
}

/**
 * An event of the standby hub. A create is the echo of our own copying. A module that was deleted there is drift, and only this
 * stream tells of it (for devices Event Grid does): the active hub's identity is replicated again.
 */
export async function skipLifecycle(change: LifecycleChange, fx: Effects): Promise<Hold | undefined> {
  const isDrift = change.opType === 'delete' && change.key.moduleId !== undefined;
  const hold = isDrift ? await fx.mark(change.key, 'lifecycle', { source: otherRole(fx.source) }) : undefined;
  if (!hold) fx.counters.skipped('sourceIsStandby');
  return hold;
}
