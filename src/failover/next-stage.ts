import type { FailoverStage } from '../consumers-document.js';
import type { EndpointNews } from './endpoint-news.js';
import { newest } from './generations.js';
import type { Snapshot, WatchTimes } from './snapshot.js';
import { endpointText, type WatchState } from './watch-state.js';

/** A stage to enter, and the sentence that says why. */
export interface Step {
  stage: FailoverStage;
  reason: string;
  /** Entered although ARM does not show the hub Active: that it is not belongs to this failover, and begins no other one. */
  withoutActive?: boolean;
}
interface Facts {
  state: WatchState;
  news: EndpointNews;
  /** `undefined`: ARM failed, showed no state, or showed that of another time than the newest endpoint's. */
  active: boolean | undefined;
  location: string | undefined;
  sinceInMs: number;
  times: WatchTimes;
}

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;

function moved({ state, news }: Facts): Step | undefined {
  if (news.kind !== 'moved') return undefined;
  const by = { arm: 'ARM shows', redirect: 'ARM does not answer; the hub redirects to', setting: 'The setting names' };
  const before = state.seen.includes(endpointText(news.endpoint)) ? ', which was seen before' : '';
  return {
    stage: 'endpointChanged',
    reason: `${by[news.source]} the endpoint ${news.endpoint.hostName} (${news.endpoint.eventHubName})${before}.`,
  };
}

const started = ({ active, state }: Facts): Step | undefined =>
  active === false && !state.ignoresInactive
    ? { stage: 'failoverStarted', reason: 'ARM shows that the hub is not Active.' }
    : undefined;

function verified({ state }: Facts): Step | undefined {
  const { firstEventAt, number } = newest(state);
  return firstEventAt === undefined
    ? undefined
    : { stage: 'verified', reason: `An event of generation ${number} was processed (enqueued ${firstEventAt}).` };
}

/** Active alone ends only a failover that was seen to begin: ARM's caches may show it from before, while the old endpoint still fills. */
function ended(facts: Facts): Step | undefined {
  const { state, active, sinceInMs, times } = facts;
  const { number, firstEventAt } = newest(state);
  const end = (reason: string): Step => ({ stage: 'failoverEnded', reason, withoutActive: active !== true });
  const flows = `Events of generation ${number} are processed`;
  if (active === true && state.sawInactive) return end('ARM shows the hub Active again.');
  if (active === true && firstEventAt !== undefined) return end(`${flows} and ARM shows the hub Active.`);
  if (active === true && sinceInMs >= times.verifyTimeoutInMs)
    return end(`ARM shows the hub Active with this endpoint for ${seconds(sinceInMs)}.`);
  if (active === undefined && firstEventAt !== undefined) return end(`${flows}; ARM tells nothing.`);
  if (firstEventAt !== undefined && sinceInMs >= times.drainLimitInMs)
    return end(`${flows}, though ARM has not shown the hub Active for ${seconds(sinceInMs)}.`);
  return undefined;
}

function noFailover({ state, active, location, sinceInMs, times }: Facts): Step | undefined {
  if (active !== true) return undefined;
  const swapped = location !== undefined && state.steadyLocation !== undefined && location !== state.steadyLocation;
  if (swapped && sinceInMs < times.verifyTimeoutInMs) return undefined;
  return { stage: 'steady', reason: 'ARM shows the hub Active with the same endpoint: it has not failed over.' };
}

const steadyAgain = ({ sinceInMs }: Facts, afterInMs: number, reason: string): Step | undefined =>
  sinceInMs >= afterInMs ? { stage: 'steady', reason } : undefined;

const byStage: Record<FailoverStage, (facts: Facts) => Step | undefined> = {
  steady: (facts) => moved(facts) ?? started(facts),
  failoverStarted: (facts) => moved(facts) ?? noFailover(facts),
  endpointChanged: (facts) => moved(facts) ?? ended(facts),
  failoverEnded: (facts) =>
    moved(facts) ??
    verified(facts) ??
    (facts.active === false
      ? { stage: 'endpointChanged', reason: 'ARM shows that the hub is not Active after all.' }
      : undefined) ??
    (facts.sinceInMs >= facts.times.verifyTimeoutInMs
      ? {
          stage: 'unverified',
          reason: `Nobody told of an event of generation ${newest(facts.state).number} for ${seconds(facts.sinceInMs)}.`,
        }
      : undefined),
  verified: (facts) =>
    moved(facts) ??
    started(facts) ??
    steadyAgain(facts, facts.times.steadyInMs, `Generation ${newest(facts.state).number} is the steady one.`),
  unverified: (facts) =>
    moved(facts) ??
    started(facts) ??
    verified(facts) ??
    steadyAgain(facts, facts.times.drainLimitInMs, 'Nothing shows that data flows, and nothing else is left to do.'),
};

const factsOf = (state: WatchState, news: EndpointNews, { now, arm }: Snapshot, times: WatchTimes): Facts => {
  const counts = arm.kind === 'read' && news.kind === 'same' && news.byArm;
  return {
    state,
    news,
    active: counts ? arm.active : undefined,
    location: counts ? arm.location : undefined,
    sinceInMs: now.getTime() - Date.parse(state.since),
    times,
  };
};

/** The stage that follows now, if one does. A failed read never starts a failover and never ends one. */
export const nextStage = (
  state: WatchState,
  news: EndpointNews,
  snapshot: Snapshot,
  times: WatchTimes,
): Step | undefined => byStage[state.stage](factsOf(state, news, snapshot, times));

/** The hub sends nothing more to older endpoints: what ends `endpointChanged` shows it, also after that was aborted. */
export const isOverOnOlder = (state: WatchState, news: EndpointNews, snapshot: Snapshot, times: WatchTimes): boolean =>
  ended(factsOf(state, news, snapshot, times)) !== undefined;
