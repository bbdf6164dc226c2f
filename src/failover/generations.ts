import type { EventHubEndpoint } from '../consumers-document.js';
import { whyNotCovered } from './judge-progress.js';
import { settledEnds } from './partition-ends.js';
import type { PartitionEnd } from './ports.js';
import type { ConsumerProgress, ToldPosition } from './snapshot.js';
import { endpointText, type EndpointSource, type WatchedGeneration, type WatchState } from './watch-state.js';

/** A namespace of the twentieth failover ago may be taken for a new one: then it is read from its beginning. Nothing is lost by that. */
const MAX_SEEN = 20;
const FORGET_AFTER_IN_MS = 24 * 3_600_000;

export const newest = (state: WatchState): WatchedGeneration => {
  const last = state.generations.at(-1);
  // The schema has at least one, and nothing takes the last one away.
  if (last === undefined) throw new RangeError('a watch without generations');
  return last;
};

const later = (at: Date, byInMs: number): string => new Date(at.getTime() + byInMs).toISOString();
export const stopped = (generation: WatchedGeneration, now: Date): WatchedGeneration =>
  generation.state === 'stopped' ? generation : { ...generation, state: 'stopped', stoppedAt: now.toISOString() };

export interface NewEndpoint {
  endpoint: EventHubEndpoint;
  source: EndpointSource;
  partitionIds: readonly string[];
}

export const firstGeneration = ({ endpoint, source, partitionIds }: NewEndpoint, now: Date): WatchedGeneration => ({
  number: 1,
  endpoint,
  state: 'running',
  seenBefore: false,
  startedAt: now.toISOString(),
  source,
  partitionIds: [...partitionIds],
});

/** The hub was on the newest generation's endpoint then, as far as anything showed it: what another one holds from before is old. */
function lastTimeElsewhere(state: WatchState): string {
  const { startedAt, lastEventAt } = newest(state);
  const times = [startedAt, state.steadyAt ?? startedAt, lastEventAt ?? startedAt];
  return new Date(Math.max(...times.map((time) => Date.parse(time)))).toISOString();
}

/**
 * Adds a generation on an endpoint. Those before it go on, but one on the same endpoint ends: the new one reads on from the last event that was
 * processed there, and two would read everything twice.
 */
export function startGeneration(state: WatchState, told: NewEndpoint, now: Date): WatchState {
  const text = endpointText(told.endpoint);
  const seenBefore = state.seen.includes(text);
  const generation: WatchedGeneration = {
    ...firstGeneration(told, now),
    number: newest(state).number + 1,
    seenBefore,
    ...(seenBefore ? { countsFrom: lastTimeElsewhere(state) } : {}),
  };
  const before = state.generations.map((old) => (endpointText(old.endpoint) === text ? stopped(old, now) : old));
  return {
    ...state,
    generations: [...before, generation],
    seen: [...state.seen.filter((other) => other !== text), text].slice(-MAX_SEEN),
  };
}

/** All but the newest are read to their end, which the limit sets at the latest. */
export function drainOlder(state: WatchState, now: Date, limitInMs: number): WatchState {
  const isRead = ({ state: reading }: WatchedGeneration, index: number) =>
    reading === 'running' && index < state.generations.length - 1;
  if (!state.generations.some(isRead)) return state;
  const generations = state.generations.map((generation, index): WatchedGeneration =>
    isRead(generation, index)
      ? { ...generation, state: 'draining', drainingSince: now.toISOString(), drainUntil: later(now, limitInMs) }
      : generation,
  );
  return { ...state, generations, revision: state.revision + 1 };
}

/** A report that no look covered when it came counts once one does. */
const isCovered = (place: ToldPosition, end: PartitionEnd): boolean => whyNotCovered(place, end) === undefined;

/**
 * True once each consumer that ever told of this generation has, since it drains, told of a position at the end that the app saw itself, of each
 * partition that holds something (docs/decisions/0013). Whoever tells less leaves it to the limit: ending too early would lose events, ending late
 * costs nothing.
 */
export function isDrained(generation: WatchedGeneration, progress: readonly ConsumerProgress[]): boolean {
  const { number, drainingSince } = generation;
  const told = progress.filter((row) => row.generation === number);
  const ends = drainingSince === undefined ? undefined : settledEnds(generation, drainingSince);
  if (drainingSince === undefined || ends === undefined || told.length === 0) return false;
  return told.every(({ partitions, notSeen = [] }) =>
    ends.every(
      (end) =>
        end.isEmpty ||
        [...partitions, ...notSeen].some(
          (place) =>
            place.partitionId === end.partitionId &&
            place.sequenceNumber >= end.last &&
            isCovered(place, end) &&
            Date.parse(place.toldAt) > Date.parse(drainingSince),
        ),
    ),
  );
}

/** Drops what stopped long ago; never one that is read, and never the newest. */
export function forgetOld(state: WatchState, now: Date): WatchState {
  const isKept = ({ stoppedAt }: WatchedGeneration, index: number) =>
    index === state.generations.length - 1 ||
    stoppedAt === undefined ||
    now.getTime() - Date.parse(stoppedAt) < FORGET_AFTER_IN_MS;
  const generations = state.generations.filter(isKept);
  return generations.length === state.generations.length
    ? state
    : { ...state, generations, revision: state.revision + 1 };
}
