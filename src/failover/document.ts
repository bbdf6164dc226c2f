import type { ConsumersDocument } from '../consumers-document.js';
import { positionsOf } from './merge-progress.js';
import { withProgress } from './observe.js';
import type { ConsumerProgress } from './snapshot.js';
import type { WatchedGeneration, WatchState } from './watch-state.js';

/** Without what only the watch needs. */
function publicGeneration(generation: WatchedGeneration): ConsumersDocument['generations'][number] {
  const {
    source: _s,
    partitionIds: _p,
    ends: _e,
    countsFrom: _c,
    drainingSince: _d,
    stoppedAt: _t,
    ...told
  } = generation;
  return told;
}

/** What `GET /api/consumers/{hub}` answers. */
export function toDocument(state: WatchState, progress: readonly ConsumerProgress[]): ConsumersDocument {
  const { schemaVersion, hub, revision, stage, since, reason, paused, history, lookedAt, armReadAt, noNews, keyState } =
    state;
  const kept = new Set(state.generations.map(({ number }) => number));
  return {
    schemaVersion,
    hub,
    revision,
    stage,
    since,
    reason,
    paused,
    generations: state.generations.map((generation) => publicGeneration(withProgress(generation, progress))),
    positions: progress
      .filter(({ generation }) => kept.has(generation))
      .map((row) => ({
        consumer: row.consumer,
        generation: row.generation,
        partitions: positionsOf(row).map(({ toldAt: _toldAt, ...position }) => position),
      })),
    history,
    lookedAt,
    ...(armReadAt === undefined ? {} : { armReadAt }),
    ...(noNews === undefined ? {} : { noNews }),
    keyState,
    lacksConsumerGroups: state.upkeep.lacks,
  };
}
