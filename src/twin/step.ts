import type { DirectionVerdict } from '../direction.js';
import { isAppError } from '../errors.js';
import type { Effects } from './effects.js';
import type { Hold } from './hold.js';

/** What became of the first write of a queue. `split`: other writes stand in its place now. `conflict`: the same once more. */
export type Step = { kind: 'done' } | { kind: 'split' } | { kind: 'conflict' } | { kind: 'hold'; hold: Hold };

export const toStep = (hold: Hold | undefined): Step => (hold ? { kind: 'hold', hold } : { kind: 'done' });

/** Whoever cannot tell the direction must wait. */
export async function decideDirection(fx: Effects): Promise<DirectionVerdict> {
  try {
    return await fx.direction.decide(fx.source);
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { kind: 'hold', reason: 'stateStale' };
  }
}
