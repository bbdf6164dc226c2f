import type { FailoverRecord, FailoverStage } from '../consumers-document.js';
import { newest } from './generations.js';
import { positionsOf } from './merge-progress.js';
import type { ConsumerProgress, ToldPosition } from './snapshot.js';
import type { WatchedGeneration, WatchState } from './watch-state.js';

const MAX_RECORDS = 10;
/** A hub that fails over again and again without being verified makes one record each; a record itself cannot grow without end. */
const MAX_STAGES = 40;

const between = (from: string, to: string): number => Math.max(0, Date.parse(to) - Date.parse(from));

const changeFirst = (state: WatchState, change: (record: FailoverRecord) => FailoverRecord): WatchState => {
  const [first, ...others] = state.history;
  return first === undefined ? state : { ...state, history: [change(first), ...others] };
};

/** A failover begins: its record is under way from now on. */
export function beginRecord(state: WatchState, now: Date): WatchState {
  const startedAt = now.toISOString();
  const record: FailoverRecord = {
    startedAt,
    outcome: 'underWay',
    fromGeneration: newest(state).number,
    ...(state.steadyAt === undefined ? {} : { detectionInMs: between(state.steadyAt, startedAt) }),
    stages: [],
  };
  return { ...state, sawInactive: false, history: [record, ...state.history].slice(0, MAX_RECORDS) };
}

export const endRecord = (state: WatchState, outcome: FailoverRecord['outcome'], now: Date): WatchState =>
  changeFirst(state, (record) => ({ ...record, outcome, endedAt: now.toISOString() }));

/** Adds a stage to the latest record. */
export const addStage = (state: WatchState, stage: FailoverStage, at: string, reason: string): WatchState =>
  changeFirst(state, (record) => ({
    ...record,
    stages: [...record.stages, { stage, at, reason }].slice(-MAX_STAGES),
  }));

/** The new generation is told now. */
export const noteSwitch = (state: WatchState, now: Date): WatchState =>
  changeFirst(state, (record) => ({
    ...record,
    toGeneration: newest(state).number,
    switchInMs: between(record.startedAt, now.toISOString()),
  }));

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

function duplicatesOf(progress: readonly ConsumerProgress[], generation: number): number | undefined {
  const told = progress.flatMap((row) =>
    row.generation === generation && row.duplicates !== undefined ? [row.duplicates] : [],
  );
  return told.length === 0 ? undefined : sum(told);
}

/** By the end that the app saw last; without one by the lag that was told. */
function unreadOf(place: ToldPosition, { ends }: WatchedGeneration): number | undefined {
  const end = ends?.partitions.find(({ partitionId }) => partitionId === place.partitionId);
  return end === undefined ? place.lag : Math.max(0, end.last - place.sequenceNumber);
}

/** What consumers were told to leave behind: of the one that is furthest behind. */
function leftUnreadOf(progress: readonly ConsumerProgress[], generation: WatchedGeneration): number | undefined {
  const left = progress.flatMap((row) => {
    if (row.generation !== generation.number) return [];
    const counts = positionsOf(row).map((place) => unreadOf(place, generation));
    return counts.includes(undefined) ? [] : [sum(counts.map((count) => count ?? 0))];
  });
  return left.length === 0 ? undefined : Math.max(...left);
}

/** Brings the measured times of the records up to what consumers told and to the generations that stopped. */
export function measure(state: WatchState, progress: readonly ConsumerProgress[]): WatchState {
  const byNumber = new Map(state.generations.map((generation) => [generation.number, generation]));
  const history = state.history.map((record): FailoverRecord => {
    const from = byNumber.get(record.fromGeneration);
    const to = record.toGeneration === undefined ? undefined : byNumber.get(record.toGeneration);
    if (from === undefined || to === undefined) return record;
    const dataGapInMs =
      from.lastEventAt === undefined || to.firstEventAt === undefined
        ? undefined
        : between(from.lastEventAt, to.firstEventAt);
    const duplicates = duplicatesOf(progress, to.number);
    const leftUnread = from.state === 'stopped' ? leftUnreadOf(progress, from) : undefined;
    return {
      ...record,
      ...(dataGapInMs === undefined ? {} : { dataGapInMs }),
      ...(duplicates === undefined ? {} : { duplicates }),
      ...(leftUnread === undefined ? {} : { leftUnread }),
    };
  });
  return { ...state, history };
}
