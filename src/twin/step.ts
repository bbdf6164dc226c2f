import type { DirectionVerdict } from '../direction.js';
import { isAppError } from '../errors.js';
import type { CopyLook } from './copy-look.js';
import type { Effects } from './effects.js';
import type { Hold } from './hold.js';

/**
 * What became of the first write of a queue. `written`: done, and the copy's twin has this ETag. `split`: other writes stand in
 * its place now. `conflict`: somebody else wrote to the copy; look and judge once more. `looked`: the same write, now that more is
 * known of the copy. `covered`: the copy was brought up by state, or will be, and so was all else that is left of this identity.
 */
export type Step =
  | { kind: 'done' | 'split' | 'conflict' | 'covered' }
  | { kind: 'written'; etag: string }
  | { kind: 'looked'; look: CopyLook }
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
