import type { FailoverStage } from '../consumers-document.js';
import { AppError } from '../errors.js';
import { drainOlder, startGeneration, type NewEndpoint } from './generations.js';
import type { Step } from './next-stage.js';
import { addStage, beginRecord, endRecord, noteSwitch } from './records.js';
import type { WatchTimes } from './snapshot.js';
import { refuseTransition } from './stages.js';
import type { WatchState } from './watch-state.js';

/** No consumer failover is under way. */
export const isAtRest = ({ stage }: WatchState): boolean =>
  stage === 'steady' || stage === 'verified' || stage === 'unverified';

interface Entry {
  now: Date;
  times: WatchTimes;
  /** The endpoint that made it enter `endpointChanged`, if one did. */
  moved: NewEndpoint | undefined;
}

function startNext(state: WatchState, { now, moved }: Entry): WatchState {
  if (moved === undefined) return state;
  // A failback right after: the failover before it was never verified.
  const again = state.stage === 'endpointChanged' || state.stage === 'failoverEnded';
  const closed = again ? endRecord(state, 'unverified', now) : state;
  const begun = again || isAtRest(state) ? beginRecord(closed, now) : closed;
  return noteSwitch(startGeneration(begun, moved, now), now);
}

/** What entering a stage changes beside the stage itself. */
const effects: Record<FailoverStage, (state: WatchState, entry: Entry) => WatchState> = {
  steady: (state, { now }) => (state.stage === 'failoverStarted' ? endRecord(state, 'noFailover', now) : state),
  failoverStarted: (state, { now }) => ({ ...beginRecord(state, now), sawInactive: true }),
  endpointChanged: startNext,
  failoverEnded: (state, { now, times }) => drainOlder(state, now, times.drainLimitInMs),
  verified: (state, { now }) => endRecord(state, 'verified', now),
  unverified: (state, { now }) => endRecord(state, 'unverified', now),
};

/** Enters a stage. Throws `stageRefused`: what is not in the table of transitions does not happen, whoever asks. */
export function enter(state: WatchState, step: Step, now: Date, times: WatchTimes, moved?: NewEndpoint): WatchState {
  const refusal = refuseTransition(state.stage, step.stage);
  if (refusal !== undefined) throw new AppError('stageRefused', `stages: ${refusal}`, { retryable: false });
  const at = now.toISOString();
  const changed = effects[step.stage](state, { now, times, moved });
  const { stage, reason, withoutActive = changed.ignoresInactive } = step;
  const entered = {
    ...changed,
    stage,
    reason,
    ignoresInactive: withoutActive,
    since: at,
    revision: changed.revision + 1,
  };
  const { doubt: _doubt, ...settled } = addStage(entered, step.stage, at, step.reason);
  // Keys and groups are looked after anew; while a hub fails over, only once there is something to look after.
  return step.stage === 'failoverStarted' ? settled : { ...settled, upkeep: { ...settled.upkeep, tryAt: at } };
}
