import { describe, expect, it } from 'vitest';
import { actionType, type Action, type OrchestratorState } from '../../../lab/host/durable/actions.js';
import { accept, applyMessage, newInstance, nextMessage } from '../../../lab/host/durable/apply-message.js';
import type { InstanceState, Message } from '../../../lab/host/durable/contract.js';

const work: Action = { actionType: actionType.callActivity, functionName: 'work', input: '"now"' };
const after = (ms: number): Action => ({
  actionType: actionType.createTimer,
  fireAt: new Date(Date.now() + ms).toISOString(),
});
const note: Action = { actionType: actionType.waitForExternalEvent, externalEventName: 'note' };
const again: Action = { actionType: actionType.continueAsNew, input: '"next"' };
const any = (...compoundActions: Action[]): Action => ({ actionType: actionType.whenAny, compoundActions });
const sub = (instanceId: string): Action => ({
  actionType: actionType.callSubOrchestrator,
  functionName: 'child',
  instanceId,
});

const says = (actions: Action[], more: Partial<OrchestratorState> = {}): OrchestratorState => ({
  isDone: false,
  actions: [actions],
  ...more,
});
const goesOn = (actions: Action[], more: Partial<OrchestratorState> = {}) =>
  says([...actions, again], { isDone: true, ...more });

const fresh = () => newInstance({ instanceId: 'i', name: 'orchestrator', input: undefined });

let ids = 0;
const event = (input: string): Message => ({
  id: String((ids += 1)),
  instanceId: 'i',
  kind: 'event',
  name: 'note',
  input,
});
const done = ({ executionId }: InstanceState, taskId: number): Message => ({
  id: String((ids += 1)),
  instanceId: 'i',
  kind: 'taskDone',
  executionId,
  taskId,
  outcome: { result: '1' },
});
const fired = ({ executionId }: InstanceState, taskId: number): Message => ({
  id: String((ids += 1)),
  instanceId: 'i',
  kind: 'timer',
  executionId,
  taskId,
});

/** One episode: a message that comes, or else the one that waits, and what the orchestrator says to it. */
async function step(state: InstanceState, said: OrchestratorState, message?: Message): Promise<InstanceState> {
  const taken = message === undefined ? state : accept(state, [message]);
  const next = nextMessage(taken);
  if (next === undefined) throw new Error('no message waits');
  return applyMessage(taken, next, () => Promise.resolve(said));
}

const notes = ({ history, inbox }: InstanceState): (string | undefined)[] => [
  ...history.filter(({ Name }) => Name === 'note').map(({ Input }) => Input),
  ...inbox.flatMap((one) => (one.kind === 'event' ? [one.input] : [])),
];

// DurableTask.Core, TaskOrchestrationContext.HandleEventRaisedEvent.
describe('an event that comes after continueAsNew was called, while an activity is open', () => {
  const raced = [any(work, after(0))];

  it('is one of the next generation, before what comes later', async () => {
    let state = await step(fresh(), says(raced));
    const first = state.executionId;
    state = await step(state, goesOn(raced), fired(state, 1));
    state = await step(state, goesOn(raced), event('1'));
    state = await step(state, goesOn(raced), event('2'));
    expect(state.executionId).toBe(first);
    state = accept(state, [done(state, 0), event('3')]);
    state = await step(state, goesOn(raced));
    expect(state.executionId).not.toBe(first);
    expect(state.inbox[0]).toMatchObject({ kind: 'execute' });
    expect(notes(state)).toEqual(['1', '2', '3']);
    state = await step(state, says([note]));
    state = await step(state, says([note, note]));
    expect(state.history.at(-2)).toMatchObject({ Name: 'note', Input: '1' });
  });

  it('is gone where it came before the call and nobody waited for it', async () => {
    let state = await step(fresh(), says([work]));
    state = await step(state, says([work]), event('too early'));
    state = await step(state, goesOn([work]), done(state, 0));
    expect(notes(state)).toEqual([]);
  });
});

// DurableTask.Core, TaskOrchestrationDispatcher: carryOverStatus.
describe('the custom status of a generation that ended', () => {
  it('is shown through the first episode of the next one, unless that sets its own', async () => {
    const first = await step(fresh(), goesOn([], { customStatus: 'first' }));
    expect(first.customStatus).toBe('first');
    const kept = await step(first, says([work]));
    expect(kept.customStatus).toBe('first');
    expect((await step(kept, says([work, note]), done(kept, 0))).customStatus).toBeNull();
    expect((await step(first, says([work], { customStatus: 'second' }))).customStatus).toBe('second');
  });

  it('is not carried through a whole generation that set none', async () => {
    const first = await step(fresh(), goesOn([], { customStatus: 'first' }));
    const second = await step(first, goesOn([]));
    expect((await step(second, says([work]))).customStatus).toBeNull();
  });
});

describe('what an instance has to send', () => {
  it('belongs to the generation that asked for it, also when the next one has begun', async () => {
    let state = await step(fresh(), says([work]));
    const { executionId } = state;
    state = await step(state, says([work, sub('child-1')]), done(state, 0));
    state = await step(state, goesOn([work, sub('child-1')]), { ...done(state, 1), kind: 'subDone' } as Message);
    expect(state.executionId).not.toBe(executionId);
    expect(state.outbox).toMatchObject([
      { kind: 'activity', executionId, taskId: 0 },
      { kind: 'start', executionId, taskId: 1 },
    ]);
  });
});

describe('the id of a sub-orchestration', () => {
  it.each(['a/b', 'a\\b', 'a#b', 'a?b', 'a\nb', '@a'])('is refused as the client refuses it: %j', async (id) => {
    const state = await step(fresh(), says([sub(id)]));
    expect(state).toMatchObject({
      status: 'Failed',
      output: expect.stringContaining(`'${id}': Instance ids must not start with '@'`) as string,
    });
    expect(state.outbox).toEqual([]);
  });

  // DurableOrchestrationContext.CallDurableTaskFunctionAsync.
  it.each(['i', 'I', 'parent'])('is not that of its parent, nor of the parent of that: %j', async (id) => {
    const parent = { instanceId: 'parent', executionId: 'e', taskId: 0 };
    const state = await step({ ...fresh(), parent }, says([sub(id)]));
    expect(state).toMatchObject({
      status: 'Failed',
      output:
        'The instance ID of a sub-orchestration must be different than the instance ID of a parent orchestration.',
    });
  });

  it('may be left out', async () => {
    const { status, outbox, executionId } = await step(fresh(), says([{ ...sub(''), instanceId: null }]));
    expect({ status, outbox }).toMatchObject({ status: 'Running', outbox: [{ instanceId: `${executionId}:0` }] });
  });
});
