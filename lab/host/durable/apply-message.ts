import { randomUUID } from 'node:crypto';
import { eventType, isOver, type InstanceState, type Message, type TaskAddress } from './contract.js';
import { end, runEpisode, type RunOrchestrator } from './episode.js';
import { answered, newEvent } from './history.js';

/** How many ids of messages an instance remembers, so that one which comes twice is heeded once. */
const remembered = 200;

export interface NewInstance {
  instanceId: string;
  name: string;
  input: string | undefined;
  parent?: TaskAddress | undefined;
}

/** An instance that waits for its first run. */
export function newInstance({ instanceId, name, input, parent }: NewInstance): InstanceState {
  const now = new Date().toISOString();
  const executionId = randomUUID();
  return {
    instanceId,
    name,
    executionId,
    input,
    parent,
    createdAt: now,
    updatedAt: now,
    status: 'Pending',
    customStatus: null,
    output: null,
    history: [],
    cancelledTimers: [],
    inbox: [{ id: executionId, instanceId, kind: 'execute' }],
    outbox: [],
    seen: [],
    revision: 0,
    writer: '',
  };
}

/** Takes messages in; the same state when none of them is news. */
export function accept(state: InstanceState, messages: readonly Message[]): InstanceState {
  if (isOver(state)) return state;
  const seen = new Set(state.seen);
  const fresh = messages.filter(({ id }) => !seen.has(id) && seen.add(id));
  if (fresh.length === 0) return state;
  return { ...state, inbox: [...state.inbox, ...fresh], seen: [...seen].slice(-remembered) };
}

/** The message whose turn it is: a suspended instance heeds only what ends that. */
export function nextMessage({ status, inbox }: InstanceState): Message | undefined {
  if (status !== 'Suspended') return inbox[0];
  return inbox.find(({ kind }) => kind === 'resume' || kind === 'terminate');
}

/** Whether it is for an earlier generation, or an answer to what has been answered. */
function isStale(state: InstanceState, message: Message): boolean {
  if (!('executionId' in message)) return false;
  if (message.executionId !== state.executionId) return true;
  if (message.kind === 'timer') return state.history.some(({ TimerId }) => TimerId === message.taskId);
  return answered(state.history).has(message.taskId);
}

/** The state after one message. */
export async function applyMessage(
  state: InstanceState,
  message: Message,
  run: RunOrchestrator,
): Promise<InstanceState> {
  const now = new Date();
  const rest: InstanceState = { ...state, inbox: state.inbox.filter((one) => one !== message) };
  if (isStale(state, message)) return rest;
  const updatedAt = now.toISOString();
  const add = (type: number, reason: string) => [...state.history, newEvent(type, now, { Reason: reason })];
  switch (message.kind) {
    case 'terminate': {
      const history = add(eventType.executionTerminated, message.reason);
      return end({ ...rest, updatedAt, history }, 'Terminated', message.reason);
    }
    case 'suspend':
      return { ...rest, updatedAt, status: 'Suspended', history: add(eventType.executionSuspended, message.reason) };
    case 'resume':
      if (state.status !== 'Suspended') return rest;
      return { ...rest, updatedAt, status: 'Running', history: add(eventType.executionResumed, message.reason) };
    default:
      return runEpisode(rest, message, run);
  }
}
