import type { PlannedEvent } from './plan-identity.js';
import type { CopiedState, CopyMark } from './ports.js';

/** A hub's clock, which stamps its events, and ours, which stamps its copies, may differ by so much. */
const CLOCKS_APART_IN_MS = 2_000;

/** Tags and desired properties, which have a version and an ETag, or reported properties, which may have neither. */
export type Queue = 'writes' | 'reported';

/**
 * How a change stands to the copy that it would be written to. `after`: the copy was there before it. `contained`: it is part of
 * the state that was copied. `doubtful`: it may be of an older life, which must never reach this one, or be missing in
 * the copy: only the source's state can tell.
 */
type Age = 'after' | 'contained' | 'doubtful';

/**
 * | change                                        | tags, desired | reported |
 * | --------------------------------------------- | ------------- | -------- |
 * | nothing is known of the copy                  | doubtful      | doubtful |
 * | version <= state.version, made up to state.at | contained     | doubtful |
 * | no version, or no time, and either fits       | doubtful      | doubtful |
 * | made up to begunAt                            | doubtful      | doubtful |
 * | else                                          | after         | after    |
 *
 * By version and time: after a hub failover the source may count versions again that it has had before. Whether a report raises the
 * version is not documented, and a late report cannot be told from the ETag: a report is never taken for contained.
 */
function ageOf({ event, raw }: PlannedEvent, copy: CopyMark | undefined, queue: Queue): Age {
  if (event.kind !== 'twin') return 'after';
  if (copy === undefined) return 'doubtful';
  // The hub made it before it was enqueued: that tells a hub whose clock is ahead.
  const madeAtInMs = Math.min(event.operationTimestamp?.getTime() ?? Infinity, raw.enqueuedAt?.getTime() ?? Infinity);
  const isUpTo = (moment: Date) => madeAtInMs <= moment.getTime() + CLOCKS_APART_IN_MS;
  const part = copy.state && partOf(copy.state, event.version, madeAtInMs, isUpTo);
  if (part === 'yes') return queue === 'writes' ? 'contained' : 'doubtful';
  return part === 'perhaps' || isUpTo(copy.begunAt) ? 'doubtful' : 'after';
}

function partOf(
  state: CopiedState,
  version: number | undefined,
  madeAtInMs: number,
  isUpTo: (moment: Date) => boolean,
): 'yes' | 'perhaps' | 'no' {
  if (version === undefined) return isUpTo(state.at) ? 'perhaps' : 'no';
  if (version > state.version) return 'no';
  if (madeAtInMs === Infinity) return 'perhaps';
  return isUpTo(state.at) ? 'yes' : 'no';
}

/** What several changes ask for that would be one write. */
export function planByAge(
  items: readonly PlannedEvent[],
  copy: CopyMark | undefined,
  queue: Queue,
): 'write' | 'skip' | 'split' | 'byState' {
  const ages = new Set(items.map((item) => ageOf(item, copy, queue)));
  if (ages.has('doubtful')) return 'byState';
  if (!ages.has('contained')) return 'write';
  return ages.has('after') ? 'split' : 'skip';
}
