import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FailoverStage } from '../../../src/consumers-document.js';
import { applyCommand, watchCommands } from '../../../src/failover/commands.js';
import { noteEnds } from '../../../src/failover/partition-ends.js';
import { decide, firstState } from '../../../src/failover/decide.js';
import type { ConsumerProgress, HubReading, Snapshot } from '../../../src/failover/snapshot.js';
import { refuseTransition } from '../../../src/failover/stages.js';
import { watchStateSchema, type WatchState } from '../../../src/failover/watch-state.js';
import { anEndpoint, first, shows, startOfTime, times } from './watching.js';

const endpoint = fc.integer({ min: 1, max: 3 }).map(anEndpoint);
const arm: fc.Arbitrary<HubReading> = fc.oneof(
  fc
    .record({
      endpoint,
      active: fc.constantFrom(true, false, undefined),
      location: fc.constantFrom('A', 'B', undefined),
    })
    .map(({ endpoint: shown, ...more }) => shows(shown, more)),
  fc.constant({ kind: 'failed', code: 'armTimeout' } as const),
  fc.constant({ ...shows(first), endpoint: undefined } as const),
);
const redirect: fc.Arbitrary<Snapshot['redirect']> = fc.option(
  fc.oneof(
    endpoint.map((told) => ({ kind: 'read', endpoint: told }) as const),
    fc.constant({ kind: 'failed', code: 'redirectTimeout' } as const),
  ),
  { nil: undefined },
);
/** Which generation tells, counted back from the newest, where it is, and how long ago its last event was enqueued. */
const telling = fc.record({
  back: fc.integer({ min: 0, max: 2 }),
  sequenceNumber: fc.integer({ min: -1, max: 2 }),
  agoInMs: fc.nat(90_000),
});
const event = fc.record({
  afterInMs: fc.oneof(fc.constantFrom(0, 5_000, 30_000), fc.nat(2_000_000)),
  arm,
  redirect,
  tells: fc.option(telling, { nil: undefined }),
  /** Which generation's ends are read after the round, and where they are; undefined: the endpoint does not answer. */
  sees: fc.option(
    fc.record({
      back: fc.integer({ min: 0, max: 2 }),
      last: fc.option(fc.integer({ min: -1, max: 2 }), { nil: undefined }),
    }),
    { nil: undefined },
  ),
  command: fc.option(fc.constantFrom(...watchCommands), { nil: undefined, freq: 8 }),
});
type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;

interface Seen {
  before: WatchState;
  after: WatchState;
  steps: readonly { stage: FailoverStage; reason: string }[];
  event: Event;
  progress: readonly ConsumerProgress[];
}

const noting =
  ({ sees }: Event, newest: number, now: Date) =>
  (generation: WatchState['generations'][number]) => {
    if (sees === undefined || generation.number !== newest - sees.back) return generation;
    const { last } = sees;
    const ends = ['0', '1'].map((partitionId) => ({ partitionId, last: last ?? -1, isEmpty: last === -1 }));
    return noteEnds(generation, last === undefined ? undefined : ends, now, 5000);
  };

function run(events: readonly Event[]): Seen[] {
  let now = startOfTime;
  let progress: ConsumerProgress[] = [];
  let state = firstState('contoso', { endpoint: first, source: 'arm', partitionIds: ['0', '1'] }, new Date(now));
  return events.map((one) => {
    now += one.afterInMs;
    const at = new Date(now).toISOString();
    const commanded = one.command && applyCommand(state, one.command, new Date(now), times);
    if (commanded !== undefined && typeof commanded !== 'string') state = commanded;
    const newest = state.generations.at(-1)?.number ?? 1;
    if (one.tells && newest > one.tells.back) {
      const { back, sequenceNumber, agoInMs } = one.tells;
      const enqueuedAt = new Date(now - agoInMs).toISOString();
      const partitions = ['0', '1'].map((partitionId) => ({
        partitionId,
        sequenceNumber,
        enqueuedAt,
        lag: 0,
        toldAt: at,
      }));
      const generation = newest - back;
      progress = [
        ...progress.filter((row) => row.generation !== generation),
        { consumer: 'c', generation, partitions },
      ];
    }
    const before = state;
    const snapshot = {
      now: new Date(now),
      arm: one.arm,
      progress,
      ...(one.redirect ? { redirect: one.redirect } : {}),
    };
    const decision = decide(before, snapshot, times);
    // The same arguments give the same decision.
    expect(decide(before, snapshot, times)).toEqual(decision);
    const seen = { ...decision.state, generations: decision.state.generations.map(noting(one, newest, new Date(now))) };
    state = watchStateSchema.parse(JSON.parse(JSON.stringify(seen)));
    return { before, after: state, steps: decision.steps, event: one, progress };
  });
}

const always = (check: (seen: Seen) => void) =>
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (events) => run(events).forEach(check)),
    { numRuns: 300 },
  );

describe('whatever the watch sees, in whatever order', () => {
  it('only allowed transitions happen, each with a sentence', () => {
    always(({ before, after, steps }) => {
      let from = before.stage;
      for (const { stage, reason } of steps) {
        expect(refuseTransition(from, stage)).toBeUndefined();
        expect(reason).toMatch(/^[A-Z].*\.$/);
        from = stage;
      }
      expect(after.stage).toBe(from);
    });
  });

  it('no generation is lost: numbers grow by one, and what was read goes on, drains, or stopped for a reason', () => {
    always(({ before, after }) => {
      const numbers = after.generations.map(({ number }) => number);
      expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
      for (const old of before.generations) {
        const now = after.generations.find(({ number }) => number === old.number);
        const order = ['running', 'draining', 'stopped'];
        // One that is dropped had stopped.
        expect(now?.endpoint ?? old.endpoint).toEqual(old.endpoint);
        expect(order.indexOf(now?.state ?? 'stopped')).toBeGreaterThanOrEqual(order.indexOf(old.state));
        expect(now !== undefined || old.state === 'stopped').toBe(true);
      }
    });
  });

  it('exactly the newest generation is for the endpoint that is followed, and it runs', () => {
    always(({ after }) => {
      expect(after.generations.at(-1)?.state).toBe('running');
      const live = after.generations.filter(({ state }) => state !== 'stopped').map(({ endpoint: e }) => e.hostName);
      expect(new Set(live).size).toBe(live.length);
    });
  });

  it('a generation stops only when it is drained, after its limit, or because a newer one reads on where it was', () => {
    always(({ before, after, progress }) => {
      for (const { number, state, drainUntil, endpoint: mine, ends } of before.generations) {
        const now = after.generations.find((generation) => generation.number === number);
        if (state === 'stopped' || now?.state !== 'stopped') continue;
        const isPast = drainUntil !== undefined && Date.parse(drainUntil) <= Date.parse(after.lookedAt);
        const isReplaced = after.generations.some(
          (newer) => newer.number > number && newer.endpoint.hostName === mine.hostName,
        );
        const isDrained = ends?.partitions.every(
          ({ last }) =>
            last === -1 ||
            progress.some(
              (row) =>
                row.generation === number && row.partitions.every(({ sequenceNumber }) => sequenceNumber === last),
            ),
        );
        expect(isPast || isReplaced || isDrained).toBe(true);
      }
    });
  });

  it('a read that failed begins nothing and ends nothing; only the redirect or an event does', () => {
    always(({ before, after, steps, event: { arm: seen, redirect: other } }) => {
      const told = after.generations.at(-1)?.firstEventAt !== undefined;
      if (seen.kind === 'read' || told || other?.kind === 'read') return;
      expect(steps.map(({ stage }) => stage).filter((stage) => stage !== 'unverified' && stage !== 'steady')).toEqual(
        [],
      );
      const isHeld = before.stage === 'failoverStarted' || before.stage === 'endpointChanged';
      expect(isHeld ? after.stage : 'free').toBe(isHeld ? before.stage : 'free');
    });
  });

  it('nothing moves while it is paused', () => {
    always(({ before, after }) => {
      const moved = after.stage !== before.stage || after.revision !== before.revision;
      expect(before.paused && moved).toBe(false);
    });
  });

  it('the revision grows with each change that readers see', () => {
    always(({ before, after }) => {
      const visible = ({ stage, reason, paused, generations }: WatchState) =>
        JSON.stringify([stage, reason, paused, generations.map(({ number, state }) => [number, state])]);
      expect(after.revision).toBeGreaterThanOrEqual(before.revision);
      expect(visible(before) === visible(after) || after.revision > before.revision).toBe(true);
    });
  });

  it('what is kept stays small', () => {
    always(({ after }) => {
      expect(after.history.length).toBeLessThanOrEqual(10);
      expect(after.seen.length).toBeLessThanOrEqual(20);
    });
  });
});
