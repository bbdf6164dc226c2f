import assert from 'node:assert/strict';
import { endpointText, watchStateSchema, type WatchState } from '../../../src/failover/watch-state.js';
import { noteEnds } from '../../../src/failover/partition-ends.js';
import { decide, firstState, type Decision } from '../../../src/failover/decide.js';
import type { ConsumerProgress, HubReading, Snapshot, WatchTimes } from '../../../src/failover/snapshot.js';
import type { EventHubEndpoint } from '../../../src/consumers-document.js';

export const times: WatchTimes = {
  steadyInMs: 30_000,
  failoverInMs: 5_000,
  verifyTimeoutInMs: 600_000,
  drainLimitInMs: 1_800_000,
};

export const anEndpoint = (n: number): EventHubEndpoint => ({
  hostName: `iothub-ns-contoso-${n}.servicebus.windows.net`,
  eventHubName: 'contoso',
});
export const [first, second, third] = [anEndpoint(1), anEndpoint(2), anEndpoint(3)] as const;

/** What a test cannot go on without. */
export function present<T>(value: T | undefined, what: string): T {
  assert.ok(value !== undefined, `${what} is missing`);
  return value;
}

type Read = Extract<HubReading, { kind: 'read' }>;
export const shows = (endpoint: EventHubEndpoint, more: Partial<Read> = {}): Read => ({
  kind: 'read',
  active: true,
  endpoint,
  partitionIds: ['0', '1'],
  location: 'West Europe',
  ...more,
});
export const failing: HubReading = { kind: 'failed', code: 'armUnavailable' };
export const startOfTime = Date.parse('2026-03-01T08:00:00.000Z');
export const at = (seconds: number): string => new Date(startOfTime + seconds * 1000).toISOString();

/** A consumer's progress as of `seconds`; `lag` of both partitions. */
export const told = (generation: number, seconds: number, more: Partial<ConsumerProgress> & { lag?: number } = {}) => {
  const { lag, ...rest } = more;
  const partitions = ['0', '1'].map((partitionId) => ({
    partitionId,
    sequenceNumber: seconds,
    enqueuedAt: at(seconds),
    toldAt: at(seconds),
    ...(lag === undefined ? {} : { lag }),
  }));
  return { consumer: 'relay', generation, partitions, ...rest } satisfies ConsumerProgress;
};

/** A hub that is watched: each `look` is a round, `seconds` after the start of time; the state goes from one to the next. */
export function watching(limits: WatchTimes = times, endpoint = first) {
  let now = startOfTime;
  let progress: ConsumerProgress[] = [];
  let state: WatchState = firstState('contoso', { endpoint, source: 'arm', partitionIds: ['0', '1'] }, new Date(now));
  const stages: string[] = [];
  return {
    state: () => state,
    /** Every stage entered so far, in order. */
    stages,
    change(next: WatchState) {
      state = next;
    },
    tell(...rows: ConsumerProgress[]) {
      progress = [
        ...progress.filter(
          (old) => !rows.some((row) => row.consumer === old.consumer && row.generation === old.generation),
        ),
        ...rows,
      ];
    },
    /** The app looks at the ends of a generation, in each of these seconds: where the events of both partitions end, or of each; -1: none. */
    sees(number: number, last: number | readonly [number, number], ...seconds: number[]) {
      const lasts = typeof last === 'number' ? [last, last] : last;
      const ends = lasts.map((last, partition) => ({
        partitionId: String(partition),
        last,
        isEmpty: last < 0,
        ...(last < 0 ? {} : { lastAt: at(last) }),
      }));
      for (const second of seconds) {
        const note = (one: WatchState['generations'][number]) =>
          one.number === number ? noteEnds(one, ends, new Date(at(second)), 5000) : one;
        state = { ...state, generations: state.generations.map(note) };
      }
    },
    look(seconds: number, arm: HubReading, redirect?: Snapshot['redirect']): Decision {
      now = startOfTime + seconds * 1000;
      const decision = decide(state, { now: new Date(now), arm, progress, ...(redirect ? { redirect } : {}) }, limits);
      // What is stored is read by the schema again: nothing may depend on what it drops.
      state = watchStateSchema.parse(JSON.parse(JSON.stringify(decision.state)));
      stages.push(...decision.steps.map(({ stage }) => stage));
      return decision;
    },
    /** `1:stopped 2:running` */
    generations: () => state.generations.map((generation) => `${generation.number}:${generation.state}`).join(' '),
    endpoint: () => endpointText(present(state.generations.at(-1), 'a generation').endpoint),
  };
}
export type Watching = ReturnType<typeof watching>;
