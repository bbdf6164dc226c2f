import type { EndpointNews } from './endpoint-news.js';
import { newest } from './generations.js';
import { positionsOf } from './merge-progress.js';
import type { ConsumerProgress, Snapshot } from './snapshot.js';
import type { WatchedGeneration, WatchState } from './watch-state.js';

const maxTime = (times: readonly string[]): string | undefined =>
  times.toSorted((a, b) => Date.parse(b) - Date.parse(a))[0];
const minTime = (times: readonly string[]): string | undefined =>
  times.toSorted((a, b) => Date.parse(a) - Date.parse(b))[0];

/** What consumers told of a generation. An event that lay there from an earlier stay proves nothing, so it is not its first. */
export function withProgress(generation: WatchedGeneration, progress: readonly ConsumerProgress[]): WatchedGeneration {
  const told = progress.filter((row) => row.generation === generation.number);
  const { countsFrom } = generation;
  const counts = (at: string) => countsFrom === undefined || Date.parse(at) >= Date.parse(countsFrom);
  const firsts = told.flatMap(({ first }) => (first && counts(first.enqueuedAt) ? [first.enqueuedAt] : []));
  // Of a partition that never had an event Event Hubs tells the number -1 and no time worth the name.
  const places = told.flatMap((row) => positionsOf(row).filter(({ sequenceNumber }) => sequenceNumber >= 0));
  const times = places.map(({ enqueuedAt }) => enqueuedAt).filter(counts);
  const lastEventAt = maxTime([...times, ...firsts, ...(generation.lastEventAt ? [generation.lastEventAt] : [])]);
  const firstEventAt = generation.firstEventAt ?? minTime(firsts) ?? minTime(times);
  return {
    ...generation,
    ...(lastEventAt === undefined ? {} : { lastEventAt }),
    ...(firstEventAt === undefined ? {} : { firstEventAt }),
  };
}

/** Why an answer of ARM tells too little: a hub document without a built-in endpoint, or without a state. */
const lackOf = (arm: Extract<Snapshot['arm'], { kind: 'read' }>): 'noEndpoint' | 'noState' | undefined => {
  if (arm.endpoint === undefined) return 'noEndpoint';
  return arm.active === undefined ? 'noState' : undefined;
};

/** Absent where every source that was asked told what it should. */
export function noNewsOf({ arm, redirect }: Snapshot): Pick<WatchState, 'noNews'> {
  const lack = arm.kind === 'failed' ? arm.code : lackOf(arm);
  const failed = {
    ...(lack === undefined ? {} : { arm: lack }),
    ...(redirect?.kind === 'failed' ? { redirect: redirect.code } : {}),
  };
  return Object.keys(failed).length === 0 ? {} : { noNews: failed };
}

/** Notes what a snapshot shows, without deciding anything: times, what ARM confirms, what consumers told. */
export function observe(state: WatchState, news: EndpointNews, snapshot: Snapshot): WatchState {
  const { now, arm, progress } = snapshot;
  const at = now.toISOString();
  const confirmed = arm.kind === 'read' && news.kind === 'same' && news.byArm;
  const generations = state.generations.map((generation) => withProgress(generation, progress));
  const last = generations.at(-1) ?? newest(state);
  if (confirmed)
    generations.splice(-1, 1, {
      ...last,
      source: 'arm',
      partitionIds: arm.partitionIds.length > 0 ? [...arm.partitionIds] : last.partitionIds,
    });

  const isActive = confirmed && arm.active === true;
  const { doubt: _doubt, noNews: _noNews, ...rest } = state;
  const doubt = news.kind === 'doubted' ? news.endpoint : news.kind === 'none' ? state.doubt : undefined;
  return {
    ...rest,
    lookedAt: at,
    generations,
    ...(doubt === undefined ? {} : { doubt }),
    ...noNewsOf(snapshot),
    ...(arm.kind === 'read' ? { armReadAt: at } : {}),
    ...(isActive ? { steadyAt: at, ignoresInactive: false } : {}),
    ...(isActive && state.stage === 'steady' && arm.location !== undefined ? { steadyLocation: arm.location } : {}),
    sawInactive: state.sawInactive || (confirmed && arm.active === false),
  };
}
