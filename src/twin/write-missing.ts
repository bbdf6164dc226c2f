import { isAppError } from '../errors.js';
import type { IdentityKey } from '../hub-model.js';
import type { Effects } from './effects.js';
import { holdFor, type Hold } from './hold.js';
import type { PlannedEvent } from './plan-identity.js';
import { toStep, type Step } from './step.js';
import type { ReplicateOutcome } from '../replicate-outcome.js';

/** The copy is brought up from the source's state, which holds what `events` would have changed. */
export async function replicateInstead(
  key: IdentityKey,
  events: readonly PlannedEvent[],
  fx: Effects,
  isDeleteTold = false,
): Promise<Step> {
  const outcome = await replicate(key, fx, isDeleteTold);
  if (outcome.kind === 'sourceAway') {
    const reason = isDeleteTold ? 'deleted' : 'sourceUnreadable';
    return toStep(await fx.mark(key, reason, { cause: outcome.error }), { kind: 'covered' });
  }
  if (outcome.kind === 'refused') return toStep(await giveUp(key, events, outcome.error, fx));
  if (outcome.kind === 'hold') {
    // Identity writes have throttles of their own: only a hub that is away stops the twin writes of others.
    const { reason, error: cause } = outcome;
    return { kind: 'hold', hold: { reason, hubWide: reason === 'targetAway', cause } };
  }
  if (outcome.kind === 'done') fx.applied(events);
  else fx.counters.skipped(outcome.kind === 'kept' ? outcome.reason : 'sourceGone', events.length);
  return { kind: 'covered' };
}

/** The target will never take this: the bytes are kept and the id is left to repair by state. */
export const giveUp = async (
  key: IdentityKey,
  events: readonly PlannedEvent[],
  cause: unknown,
  fx: Effects,
): Promise<Hold | undefined> =>
  (await fx.mark(key, 'refusedByTarget', { cause })) ??
  (await fx.keep(
    events.map(({ raw }) => raw),
    'refusedByTarget',
  ));

async function replicate(key: IdentityKey, fx: Effects, isDeleteTold: boolean): Promise<ReplicateOutcome> {
  try {
    return await fx.replicate.replicateIdentity(fx.source, key, isDeleteTold);
  } catch (error) {
    if (!isAppError(error)) throw error;
    if (!error.retryable) return { kind: 'refused', error };
    return { kind: 'hold', reason: holdFor(error).reason, error };
  }
}
