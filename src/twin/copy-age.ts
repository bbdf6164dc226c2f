import { isAppError } from '../errors.js';
import type { IdentityKey } from '../hub-model.js';
import type { Effects } from './effects.js';
import type { PlannedEvent } from './plan-identity.js';
import type { CopyMark } from './ports.js';
import type { Step } from './step.js';

/** A hub's clock, which stamps its events, and ours, which stamps its copies, may differ by so much. */
const CLOCKS_APART_IN_MS = 2_000;

/**
 * How a change stands to the copy that it would be written to. `after`: the copy was there before it. `contained`: it is part of
 * what was copied, or of an older life. `doubtful`: it may be of an older life, which must never reach this one, or be missing in
 * the copy: only the source's state can tell.
 */
type Age = 'after' | 'contained' | 'doubtful';

function ageOf({ event, raw }: PlannedEvent, copy: CopyMark | undefined): Age {
  if (copy === undefined || event.kind !== 'twin' || event.operationTimestamp === undefined) return 'after';
  // It was made before it was enqueued: that tells a hub whose clock is ahead.
  const madeAtInMs = Math.min(event.operationTimestamp.getTime(), raw.enqueuedAt?.getTime() ?? Infinity);
  const isUpTo = (moment: Date) => madeAtInMs <= moment.getTime() + CLOCKS_APART_IN_MS;
  const { version, reported } = event;
  const { state } = copy;
  // By both: after a hub failover the source may count versions again that it has had before. Whether a report raises the twin's
  // version is not documented: a report is never taken for contained.
  if (state && version !== undefined && version <= state.version && isUpTo(state.at) && !reported) return 'contained';
  return isUpTo(copy.begunAt) ? 'doubtful' : 'after';
}

/** What several changes ask for that would be one write. */
export function planByAge(
  items: readonly PlannedEvent[],
  copy: CopyMark | undefined,
): 'write' | 'skip' | 'split' | 'byState' {
  const ages = new Set(items.map((item) => ageOf(item, copy)));
  if (ages.has('doubtful')) return 'byState';
  if (!ages.has('contained')) return 'write';
  return ages.has('after') ? 'split' : 'skip';
}

export async function lookAtCopy(key: IdentityKey, fx: Effects): Promise<Step> {
  try {
    return { kind: 'looked', copy: await fx.replicate.copyOf(fx.source, key) };
  } catch (cause) {
    if (!isAppError(cause)) throw cause;
    return { kind: 'hold', hold: { reason: 'storageAway', hubWide: false, cause } };
  }
}
