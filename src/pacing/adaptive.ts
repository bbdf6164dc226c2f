/** What the hub's own refusals have taught: multiplicative decrease, additive increase. Calls per second. */
export interface Adaptive {
  /** Infinity: none was needed lately. */
  readonly limit: number;
  /** How much the limit grows in a second. */
  readonly stepPerSecond: number;
  /** The pace at which the hub refused; past twice of it the limit is gone. */
  readonly refusedAt: number;
  readonly atInMs: number;
  readonly decreasedAtInMs: number;
}

export const unlimited: Adaptive = {
  limit: Infinity,
  stepPerSecond: 0,
  refusedAt: 0,
  atInMs: -Infinity,
  decreasedAtInMs: -Infinity,
};

const DECREASE = 0.5;
/** Of the refused pace, per second: back where it was after ten seconds. */
const INCREASE = 0.05;
/** Calls that were under way together are refused together: they count once. */
const ONE_REFUSAL_IN_MS = 1000;

/** The limit at `nowInMs` when nothing was refused since. */
export function ease(state: Adaptive, nowInMs: number): Adaptive {
  if (state.limit === Infinity || nowInMs <= state.atInMs) return state;
  const limit = state.limit + (state.stepPerSecond * (nowInMs - state.atInMs)) / 1000;
  return limit >= 2 * state.refusedAt ? unlimited : { ...state, limit, atInMs: nowInMs };
}

/** After a 429. `pace`: calls per second that were being made; `floor`: the limit never falls below it. */
export function afterRefusal(state: Adaptive, options: { nowInMs: number; pace: number; floor: number }): Adaptive {
  const { nowInMs, pace, floor } = options;
  if (nowInMs - state.decreasedAtInMs < ONE_REFUSAL_IN_MS) return state;
  const eased = ease(state, nowInMs);
  const refusedAt = Math.max(floor, Math.min(eased.limit, pace));
  return {
    limit: Math.max(floor, refusedAt * DECREASE),
    stepPerSecond: refusedAt * INCREASE,
    refusedAt,
    atInMs: nowInMs,
    decreasedAtInMs: nowInMs,
  };
}
