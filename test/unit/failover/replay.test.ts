import assert from 'node:assert/strict';
import * as df from 'durable-functions';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { applyMessage, newInstance } from '../../../lab/host/durable/apply-message.js';
import type { HistoryEvent, InstanceState, Message } from '../../../lab/host/durable/contract.js';
import { invokeOrchestrator } from '../../../lab/host/durable/invoke-orchestrator.js';
import { createInvoker, type Invoker } from '../../../lab/host/invoke.js';
import { loadApp, type LoadedApp } from '../../../lab/host/load-app.js';
import { names, upkeepInstanceIds, watchInstanceId } from '../../../src/failover/names.js';
import { upkeepOrchestrator, watchOrchestrator } from '../../../src/failover/orchestrators.js';
import { present } from './watching.js';

let app: LoadedApp;
let invoker: Invoker;
const lines: string[] = [];

beforeAll(async () => {
  app = await loadApp(() => {
    df.app.orchestration(names.watchOrchestrator, watchOrchestrator);
    df.app.orchestration(names.upkeepOrchestrator, upkeepOrchestrator);
  });
  invoker = createInvoker(app, (line) => void lines.push(line));
});

interface Recorded {
  state: InstanceState;
  history: readonly HistoryEvent[];
  said: unknown;
}

const again = ({ state, history }: Pick<Recorded, 'state' | 'history'>) => {
  const target = present(app.functions.get(state.name), state.name);
  return invokeOrchestrator({ invoker, target }, state, history);
};

/** What an orchestration meets: how its round ends, and what comes first then. `early`: a look that comes while the round runs. */
interface Round {
  outcome: { actions: object[]; lookAgainInMs: number; unwatched?: boolean } | 'fails' | 'nonsense';
  upkeepFails: boolean;
  early: boolean;
  wakes: 'look' | 'timer';
}

const ran = { calls: [] as string[], generations: 0 };

/** Plays rounds with the stand-in's own episodes and keeps each history that the orchestrator was run over. */
async function record(rounds: readonly Round[]): Promise<Recorded[]> {
  const recorded: Recorded[] = [];
  let state = newInstance({
    instanceId: watchInstanceId('contoso'),
    name: names.watchOrchestrator,
    input: JSON.stringify({ hub: 'contoso', failoverInMs: 5000 }),
  });
  let ids = 0;
  const take = async (message: Message) => {
    state = await applyMessage({ ...state, inbox: [...state.inbox, message] }, message, async (running, history) => {
      const said = await again({ state: running, history });
      recorded.push({ state: running, history: structuredClone(history), said });
      return said;
    });
  };
  const message = <T extends object>(more: T) => ({ id: String((ids += 1)), instanceId: state.instanceId, ...more });
  const look = () => take(message({ kind: 'event', name: 'look', input: '{}' } as const));

  for (const round of rounds) {
    const { executionId } = state;
    await take(present(state.inbox[0], 'something to run'));
    let lookedEarly = false;
    for (let open = state.outbox.shift(); open !== undefined; open = state.outbox.shift()) {
      assert.ok(open.kind === 'activity');
      ran.calls.push(open.name);
      if (round.early && !lookedEarly) await look();
      lookedEarly = true;
      const isRound = open.name === names.roundActivity;
      const fails = isRound ? round.outcome === 'fails' : round.upkeepFails;
      const result = JSON.stringify(isRound ? round.outcome : null);
      const outcome = fails ? { reason: 'Activity function failed: x', details: 'at y' } : { result };
      await take(message({ kind: 'taskDone', executionId, taskId: open.taskId, outcome } as const));
    }
    const timers = () =>
      state.executionId === executionId ? state.history.filter(({ EventType }) => EventType === 10) : [];
    const fire = (timer: HistoryEvent | undefined) =>
      take(message({ kind: 'timer', executionId, taskId: timer?.EventId ?? -1 } as const));
    // It waits, unless a look had come already.
    if (timers().length === 1 && round.wakes === 'timer') await fire(timers()[0]);
    if (timers().length === 1) await look();
    if (timers().length === 2) await fire(timers()[1]);
    expect(state.executionId).not.toBe(executionId);
    ran.generations += 1;
  }
  return recorded;
}

const upkeep = { kind: 'upkeep', generation: 2, keys: true };
const calm: Round = {
  outcome: { actions: [], lookAgainInMs: 30_000 },
  upkeepFails: false,
  early: false,
  wakes: 'timer',
};

const round: fc.Arbitrary<Round> = fc.record({
  outcome: fc.oneof<fc.Arbitrary<Round['outcome']>[]>(
    fc.record({
      actions: fc.constantFrom<object[]>([], [upkeep], [upkeep, upkeep]),
      lookAgainInMs: fc.constantFrom(1000, 5000, 30_000),
    }),
    fc.constantFrom('fails', 'nonsense'),
  ),
  upkeepFails: fc.boolean(),
  early: fc.boolean(),
  wakes: fc.constantFrom('look', 'timer'),
});

describe('the watch, run by durable-functions over recorded histories', () => {
  it('says the same of each history each time it is run again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(round, { minLength: 1, maxLength: 4 }), async (rounds) => {
        for (const one of await record(rounds)) {
          expect(await again(one)).toEqual(one.said);
          expect(await again(one)).toEqual(one.said);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('asks for one thing after the other: what a history asks for begins with what each shorter one did', async () => {
    const recorded = await record([{ ...calm, outcome: { actions: [upkeep], lookAgainInMs: 5000 }, wakes: 'look' }]);
    const asked = recorded.map(({ said }) => (said as { actions: { actionType: number }[][] }).actions.flat());
    const types = asked.map((actions) => actions.map(({ actionType }) => actionType));
    // Activity; activity; any of event and timer; a timer that takes no time; continue as new.
    expect(types).toEqual([[0], [0, 0], [0, 0, 11], [0, 0, 11, 5], [0, 0, 11, 5, 4]]);
  });

  it('cancels the timer when a look comes first, so that the generation can end', async () => {
    const [, , last] = await record([{ ...calm, wakes: 'look' }]);
    const { actions } = present(last, 'a history').said as { actions: { compoundActions?: object[] }[][] };
    const any = actions.flat()[1]?.compoundActions;
    expect(any).toEqual([
      expect.objectContaining({ actionType: 6, externalEventName: 'look' }),
      expect.objectContaining({ actionType: 5, isCanceled: true }),
    ]);
  });

  it('hands no look on to the next generation: one look, one round (azure-functions-durable-extension, issue 2606)', async () => {
    const recorded = await record([{ ...calm, wakes: 'look' }, calm]);
    expect(recorded.flatMap(({ state }) => state.inbox).filter(({ kind }) => kind === 'event')).toEqual([]);
  });

  it('ends when the settings name the hub no more', async () => {
    const outcome = { actions: [], lookAgainInMs: 5000, unwatched: true };
    const state = newInstance({
      instanceId: watchInstanceId('contoso'),
      name: names.watchOrchestrator,
      input: JSON.stringify({ hub: 'contoso', failoverInMs: 5000 }),
    });
    const run = async (running: InstanceState, message: Message) =>
      applyMessage({ ...running, inbox: [message] }, message, async (started, history) =>
        again({ state: started, history }),
      );
    const started = await run(state, present(state.inbox[0], 'something to run'));
    const { executionId, instanceId, outbox } = started;
    const open = present(outbox[0], 'the round');
    assert.ok(open.kind === 'activity');
    const done = { id: 'x', instanceId, kind: 'taskDone', executionId, taskId: open.taskId } as const;
    const ended = await run({ ...started, outbox: [] }, { ...done, outcome: { result: JSON.stringify(outcome) } });
    expect(ended.status).toBe('Completed');
    expect(ended.outbox).toEqual([]);
  });

  it('looks again at once when a look came while it looked', async () => {
    const recorded = await record([{ ...calm, early: true }]);
    const { history } = present(recorded.at(-1), 'a history');
    const long = history.find(({ EventType }) => EventType === 10);
    expect(long).toBeDefined();
    expect(history.filter(({ TimerId }) => TimerId === long?.EventId)).toEqual([]);
  });

  it.each(['fails', 'nonsense'] as const)(
    'waits the failover interval after a round that %s, and goes on',
    async (outcome) => {
      const recorded = await record([{ ...calm, outcome }, calm]);
      const timer = recorded.flatMap(({ history }) => history).find(({ EventType }) => EventType === 10);
      expect(Date.parse(timer?.FireAt ?? '') - Date.parse(timer?.Timestamp ?? '')).toBeGreaterThan(4000);
      expect(Date.parse(timer?.FireAt ?? '') - Date.parse(timer?.Timestamp ?? '')).toBeLessThanOrEqual(5000);
      expect(lines.join('\n')).not.toContain('at y');
    },
  );

  it('goes on when upkeep cannot be started', async () => {
    const before = ran.generations;
    await record([{ ...calm, outcome: { actions: [upkeep], lookAgainInMs: 5000 }, upkeepFails: true }, calm]);
    expect(ran.generations - before).toBe(2);
  });

  it('ends by name where its input makes no sense', async () => {
    const state = newInstance({ instanceId: 'watch-x', name: names.watchOrchestrator, input: undefined });
    const [first] = state.inbox;
    const ended = await applyMessage(state, present(first, 'a message'), (running, history) =>
      again({ state: running, history }),
    );
    expect(ended.status).toBe('Failed');
  });
});

describe('instance ids', () => {
  it('are valid for whatever a hub is called, the same in upper and lower case, and distinct', () => {
    expect(watchInstanceId('Contoso-1')).toBe('watch-contoso-1');
    expect(watchInstanceId('a/b#c?d')).toBe('watch-a_2Fb_23c_3Fd');
    expect(upkeepInstanceIds('contoso')).toEqual(['upkeep-contoso', 'upkeep-contoso~2', 'upkeep-contoso~3']);
  });
});
