import type { DirectionVerdict } from '../direction.js';
import { isAppError } from '../errors.js';
import type { Effects } from './effects.js';
import type { Hold } from './hold.js';
import type { CopyMark } from './ports.js';

/**
 * What became of the first write of a queue. `split`: other writes stand in its place now. `conflict`: the same once more.
 * `looked`: the same, now that it is known since when there is a copy. `covered`: the copy was brought up by state, or will be,
 * and so was all else that is left of this identity.
 */
export type Step =
  | { kind: 'done' | 'split' | 'conflict' | 'covered' }
  | { kind: 'looked'; copy: CopyMark | undefined }
  | { kind: 'hold'; hold: Hold };

export const toStep = (hold: Hold | undefined, otherwise: Step = { kind: 'done' }): Step =>
  hold ? { kind: 'hold', hold } : otherwise;

/** Whoever cannot tell the direction must wait, and so must whoever may not write for this partition. */
export async function decideDirection(fx: Effects): Promise<DirectionVerdict> {
  try {
    const verdict = await fx.direction.decide(fx.source);
    if (verdict.kind !== 'apply' || fx.turn.isFresh()) return verdict;
    const hold = await fx.turn.claim();
    // Once more: it has to be the last question before the write.
    return hold ? { kind: 'hold', reason: hold.reason } : await fx.direction.decide(fx.source);
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { kind: 'hold', reason: 'stateStale' };
  }
}
