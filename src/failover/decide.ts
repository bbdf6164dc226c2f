import { AppError } from '../errors.js';
import { enter, isAtRest } from './enter-stage.js';
import { endpointNews } from './endpoint-news.js';
import { drainOlder, firstGeneration, forgetOld, isDrained, newest, stopped, type NewEndpoint } from './generations.js';
import { isOverOnOlder, nextStage, type Step } from './next-stage.js';
import { observe } from './observe.js';
import { measure } from './records.js';
import type { ConsumerProgress, Snapshot, WatchTimes } from './snapshot.js';
import { endpointText, type WatchState } from './watch-state.js';

/** Work that may block while a hub fails over; it runs beside the watch. `keys`: compare the configured key with the hub's as well. */
export interface UpkeepAction {
  kind: 'upkeep';
  generation: number;
  keys: boolean;
}

export interface Decision {
  state: WatchState;
  /** The stages entered, in order; mostly none. */
  steps: readonly Step[];
  actions: readonly UpkeepAction[];
  lookAgainInMs: number;
}

/** Each stage is entered at most once or twice in a round; more would be a circle. */
const MAX_STEPS = 8;

/** The first state of a hub, from the first endpoint that anything told. */
export const firstState = (hub: string, told: NewEndpoint, now: Date): WatchState => {
  const at = now.toISOString();
  return {
    schemaVersion: 1,
    hub,
    revision: 1,
    stage: 'steady',
    since: at,
    reason: `The watch began with the endpoint ${told.endpoint.hostName} (${told.endpoint.eventHubName}).`,
    paused: false,
    generations: [firstGeneration(told, now)],
    history: [],
    lookedAt: at,
    sawInactive: false,
    ignoresInactive: false,
    seen: [endpointText(told.endpoint)],
    keyState: 'unknown',
    upkeep: { tryAt: at, lacks: [] },
  };
};

/** Ends the draining of generations that are read to their end, or for too long. */
function endDraining(state: WatchState, progress: readonly ConsumerProgress[], now: Date): WatchState {
  const generations = state.generations.map((generation) =>
    generation.state === 'draining' &&
    (isDrained(generation, progress) || Date.parse(generation.drainUntil ?? '') <= now.getTime())
      ? stopped(generation, now)
      : generation,
  );
  const changed = generations.some((generation, index) => generation !== state.generations[index]);
  return changed ? { ...state, generations, revision: state.revision + 1 } : state;
}

/** Soon while something is under way, doubted, or not known because ARM failed: that is no news, and no reason to wait long for some. */
function intervalOf(
  { stage, doubt }: WatchState,
  arm: Snapshot['arm'],
  { steadyInMs, failoverInMs }: WatchTimes,
): number {
  const waits = stage === 'failoverStarted' || stage === 'endpointChanged' || stage === 'failoverEnded';
  return waits || doubt !== undefined || arm.kind === 'failed' ? Math.min(failoverInMs, steadyInMs) : steadyInMs;
}

/**
 * One look at a hub: what was stored of it and what is seen now -> what to store, which stages were entered and why, what to do, and when to look
 * again. Pure; the same arguments give the same decision.
 */
export function decide(stored: WatchState, snapshot: Snapshot, times: WatchTimes): Decision {
  const { now, progress } = snapshot;
  const steps: Step[] = [];
  let news = endpointNews(stored, snapshot);
  let state = observe(stored, news, snapshot);
  if (state.paused) return { state, steps, actions: [], lookAgainInMs: intervalOf(state, snapshot.arm, times) };

  for (let step = nextStage(state, news, snapshot, times); step !== undefined;) {
    if (steps.length === MAX_STEPS) throw new AppError('stageRefused', 'stages: circle', { retryable: false });
    state = enter(state, step, now, times, news.kind === 'moved' ? news : undefined);
    steps.push(step);
    // What moved is the newest generation's endpoint now, so that the rest of the snapshot counts for it.
    news = endpointNews(state, snapshot);
    state = observe(state, news, snapshot);
    step = nextStage(state, news, snapshot, times);
  }
  // After an abort nothing else ends them.
  if (isAtRest(state) && isOverOnOlder(state, news, snapshot, times))
    state = drainOlder(state, now, times.drainLimitInMs);
  state = measure(forgetOld(endDraining(state, progress, now), now), progress);

  const interval = intervalOf(state, snapshot.arm, times);
  const due = state.stage !== 'failoverStarted' && Date.parse(state.upkeep.tryAt) <= now.getTime();
  if (!due) return { state, steps, actions: [], lookAgainInMs: interval };
  const tryAt = new Date(now.getTime() + interval).toISOString();
  return {
    state: { ...state, upkeep: { ...state.upkeep, tryAt } },
    steps,
    actions: [{ kind: 'upkeep', generation: newest(state).number, keys: isAtRest(state) }],
    lookAgainInMs: interval,
  };
}
