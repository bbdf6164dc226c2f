import { randomUUID } from 'node:crypto';
import { HostError } from '../host-error.js';
import { unsupportedAction, type Action, type OrchestratorState } from './actions.js';
import { eventType, type HistoryEvent, type InstanceState, type Message, type Outgoing } from './contract.js';
import { askedFor, asksForTask, eventOf, kindOf, newEvent, scheduledEvent } from './history.js';
import { idProblem } from './instance-id.js';
import { replayActions, type Replayed } from './replay-actions.js';

/** Runs the instance's orchestrator function over a history. Throws when there is none of that name, or for a defect of the protocol. */
export type RunOrchestrator = (state: InstanceState, history: readonly HistoryEvent[]) => Promise<OrchestratorState>;

const jsonText = (value: unknown): string | undefined =>
  value === undefined || value === null ? undefined : JSON.stringify(value);

function refuseUnsupported(actions: readonly Action[]): void {
  for (const { actionType, compoundActions } of actions) {
    const what = unsupportedAction(actionType);
    if (what !== undefined) throw new HostError('host.unsupported', `${what} needs the real host (func host start).`);
    refuseUnsupported(compoundActions ?? []);
  }
}

/** The tasks of the history must be asked for again, in the same order (DurableTask.Core, NonDeterministicOrchestrationException). */
function refuseOtherTasks({ scheduled }: Replayed, history: readonly HistoryEvent[]): void {
  for (const event of history.filter(asksForTask)) {
    const now = scheduled[event.EventId];
    if (now?.name === (event.Name ?? '') && kindOf(event) === now.kind) continue;
    const message =
      `Non-Deterministic workflow detected: A previous execution of this orchestration scheduled task ${event.EventId}` +
      ` ('${event.Name ?? 'a timer'}'), but the current replay execution hasn't.`;
    throw new HostError('host.badFunction', message);
  }
}

/** Sub-orchestrations get ids by the client's rules (DurableOrchestrationContext.CallDurableTaskFunctionAsync checks less). */
function refuseBadIds({ scheduled }: Replayed, { instanceId, parent }: InstanceState): void {
  const above = [instanceId, parent?.instanceId].map((id) => id?.toLowerCase());
  for (const { instanceId: id } of scheduled) {
    if (id === undefined) continue;
    const problem = idProblem(id);
    if (problem !== undefined) throw new HostError('host.badFunction', `Sub-orchestration '${id}': ${problem}`);
    if (above.includes(id.toLowerCase())) {
      const message =
        'The instance ID of a sub-orchestration must be different than the instance ID of a parent orchestration.';
      throw new HostError('host.badFunction', message);
    }
  }
}

/** Ends the instance and tells its parent. */
export function end(
  state: InstanceState,
  status: 'Completed' | 'Failed' | 'Terminated',
  output: unknown,
): InstanceState {
  const { parent, name } = state;
  const reason = `The sub-orchestrator function '${name}' failed: "${String(output)}". See the function execution logs for additional details.`;
  const outbox: Outgoing[] =
    parent === undefined
      ? state.outbox
      : [
          ...state.outbox,
          {
            id: randomUUID(),
            kind: 'message',
            message: {
              ...parent,
              id: `${state.executionId}:end`,
              kind: 'subDone',
              outcome:
                status === 'Completed'
                  ? { result: JSON.stringify(output ?? null) }
                  : { reason, details: `${String(output)}\n   at the stand-in's task hub` },
            },
          },
        ];
  return { ...state, status, output: output ?? null, outbox, inbox: [] };
}

/**
 * The next generation: a new history. What came before the call of continueAsNew and was not looked at is gone, as with the real host; what
 * came after it, and what has not come yet, follows.
 */
function nextGeneration(state: InstanceState, input: unknown, carriedOver: readonly HistoryEvent[]): InstanceState {
  const executionId = randomUUID();
  const { instanceId } = state;
  const events = carriedOver.map(({ Name: name = '', Input = 'null' }): Message => ({
    id: randomUUID(),
    instanceId,
    kind: 'event',
    name,
    input: Input,
  }));
  return {
    ...state,
    executionId,
    input: jsonText(input),
    history: [],
    cancelledTimers: [],
    inbox: [{ id: executionId, instanceId, kind: 'execute' }, ...events, ...state.inbox],
  };
}

function withNewTasks(
  state: InstanceState,
  history: HistoryEvent[],
  { scheduled }: Replayed,
  now: Date,
): InstanceState {
  const known = askedFor(history);
  const outbox = [...state.outbox];
  const events = [...history];
  for (const one of scheduled.filter(({ id }) => !known.has(id))) {
    const input = jsonText(one.input);
    const { id: taskId, name } = one;
    events.push(scheduledEvent(one, input, now));
    const { executionId } = state;
    const id = `${executionId}:${taskId}`;
    const asked = { id, executionId, taskId, name, input };
    if (one.kind === 'activity') outbox.push({ kind: 'activity', ...asked });
    if (one.kind === 'sub') outbox.push({ kind: 'start', instanceId: one.instanceId ?? id, ...asked });
  }
  events.push(newEvent(eventType.orchestratorCompleted, now));
  const cancelledTimers = scheduled.filter(({ cancelled }) => cancelled).map(({ id }) => id);
  return { ...state, outbox, cancelledTimers, history: events.map((event) => ({ ...event, IsPlayed: true })) };
}

/**
 * One run of the orchestrator: one message, what the function says to it, and what follows. The real host takes all messages that
 * wait into one run; here each gets its own, so that a kill can come between any two.
 */
export async function runEpisode(state: InstanceState, message: Message, run: RunOrchestrator): Promise<InstanceState> {
  const now = new Date();
  const history = [...state.history, newEvent(eventType.orchestratorStarted, now), eventOf(message, state, now)];
  const running: InstanceState = { ...state, status: 'Running', updatedAt: now.toISOString() };
  let said: OrchestratorState;
  let replayed: Replayed;
  try {
    said = await run(running, history);
    const actions = said.actions.flat();
    refuseUnsupported(actions);
    replayed = replayActions(actions, history);
    refuseOtherTasks(replayed, state.history);
    refuseBadIds(replayed, state);
  } catch (error) {
    return end({ ...running, history }, 'Failed', error instanceof Error ? error.message : String(error));
  }
  const own = said.customStatus ?? null;
  // Through its first episode a generation shows what the one before it said (DurableTask.Core, TaskOrchestrationDispatcher, carryOverStatus).
  const customStatus = message.kind === 'execute' ? (own ?? state.customStatus) : own;
  const next = { ...withNewTasks(running, history, replayed, now), customStatus };
  // The framework ends no generation while one of its tasks is open (DurableTask.Core, TaskOrchestrationExecutor).
  const isOver = replayed.exhausted && !replayed.hasOpenTasks;
  if (isOver && said.error !== undefined) {
    return end(next, 'Failed', `Orchestrator function '${state.name}' failed: ${said.error}`);
  }
  if (!isOver || !said.isDone) return next;
  if (replayed.continueAsNew !== undefined) {
    return nextGeneration({ ...next, customStatus: own }, replayed.continueAsNew.input, replayed.carriedOver);
  }
  return end(next, 'Completed', said.output);
}
