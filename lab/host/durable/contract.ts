/** What a task hub keeps and passes on. Field names of history events are those of the out-of-process protocol (durable-functions 3). */
export const eventType = {
  executionStarted: 0,
  executionTerminated: 3,
  taskScheduled: 4,
  taskCompleted: 5,
  taskFailed: 6,
  subCreated: 7,
  subCompleted: 8,
  subFailed: 9,
  timerCreated: 10,
  timerFired: 11,
  orchestratorStarted: 12,
  orchestratorCompleted: 13,
  eventRaised: 15,
  executionSuspended: 19,
  executionResumed: 20,
} as const;

export interface HistoryEvent {
  EventType: number;
  /** The id of the action that it records; -1 where there is none. */
  EventId: number;
  IsPlayed: boolean;
  /** ISO. */
  Timestamp: string;
  Name?: string;
  /** JSON text. */
  Input?: string;
  /** JSON text. */
  Result?: string;
  Reason?: string;
  Details?: string;
  TaskScheduledId?: number;
  TimerId?: number;
  /** ISO. */
  FireAt?: string;
  InstanceId?: string;
}

/** Which task of which generation of which instance waits for an answer. */
export interface TaskAddress {
  instanceId: string;
  executionId: string;
  taskId: number;
}

/** How an activity or a sub-orchestration ended. `result`: JSON text. */
export type TaskOutcome = { result: string } | { reason: string; details: string };

/** What an instance is told. `id`: it is heeded once, however often it comes. */
export type Message = { id: string; instanceId: string } & (
  | { kind: 'execute' }
  | { kind: 'event'; name: string; input: string }
  | { kind: 'terminate' | 'suspend' | 'resume'; reason: string }
  | { kind: 'timer'; executionId: string; taskId: number }
  | { kind: 'taskDone' | 'subDone'; executionId: string; taskId: number; outcome: TaskOutcome }
);

/** A task to be started. `executionId`: of the generation that asked; it may be over by the time that this is sent. */
interface AskedTask {
  executionId: string;
  taskId: number;
  name: string;
  /** JSON text. */
  input: string | undefined;
}

/** What an instance still has to send. */
export type Outgoing = { id: string } & (
  | ({ kind: 'activity' } & AskedTask)
  | ({ kind: 'start'; instanceId: string } & AskedTask)
  | { kind: 'message'; message: Message }
);

type RuntimeStatus = 'Pending' | 'Running' | 'Suspended' | 'Completed' | 'Failed' | 'Terminated';

/** One orchestration instance: its blob. */
export interface InstanceState {
  instanceId: string;
  name: string;
  /** New in each generation. */
  executionId: string;
  /** JSON text; undefined: none was given. */
  input: string | undefined;
  parent: TaskAddress | undefined;
  createdAt: string;
  updatedAt: string;
  status: RuntimeStatus;
  customStatus: unknown;
  output: unknown;
  history: HistoryEvent[];
  cancelledTimers: number[];
  inbox: Message[];
  outbox: Outgoing[];
  /** Ids of the last messages that came. */
  seen: string[];
  revision: number;
  writer: string;
}

/** Completed, failed or terminated. */
export const isOver = ({ status }: Pick<InstanceState, 'status'>): boolean =>
  status === 'Completed' || status === 'Failed' || status === 'Terminated';

/** Over, and nothing is left to send: its parent has been told. */
export const isSettled = (state: Pick<InstanceState, 'status' | 'outbox'>): boolean =>
  isOver(state) && state.outbox.length === 0;
