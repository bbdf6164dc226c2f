import { eventType, type HistoryEvent, type InstanceState, type Message } from './contract.js';
import type { Scheduled } from './replay-actions.js';

/** One entry that came now. */
export const newEvent = (EventType: number, now: Date, more: Partial<HistoryEvent> = {}): HistoryEvent => ({
  EventType,
  EventId: -1,
  IsPlayed: false,
  Timestamp: now.toISOString(),
  ...more,
});

/** What the history says of a message to an orchestrator. */
export function eventOf(message: Message, { name, input, history }: InstanceState, now: Date): HistoryEvent {
  switch (message.kind) {
    case 'event':
      return newEvent(eventType.eventRaised, now, { Name: message.name, Input: message.input });
    case 'timer': {
      const created = history.find((one) => one.EventType === eventType.timerCreated && one.EventId === message.taskId);
      return newEvent(eventType.timerFired, now, { TimerId: message.taskId, FireAt: created?.FireAt ?? '' });
    }
    case 'taskDone':
    case 'subDone': {
      const { taskId, outcome } = message;
      const sub = message.kind === 'subDone';
      if ('result' in outcome) {
        const type = sub ? eventType.subCompleted : eventType.taskCompleted;
        return newEvent(type, now, { TaskScheduledId: taskId, Result: outcome.result });
      }
      const type = sub ? eventType.subFailed : eventType.taskFailed;
      return newEvent(type, now, { TaskScheduledId: taskId, Reason: outcome.reason, Details: outcome.details });
    }
    default:
      return newEvent(eventType.executionStarted, now, {
        Name: name,
        ...(input === undefined ? {} : { Input: input }),
      });
  }
}

/** What the history says of a task that was asked for. */
export function scheduledEvent(
  { id, kind, name, fireAt }: Scheduled,
  input: string | undefined,
  now: Date,
): HistoryEvent {
  if (kind === 'timer') return newEvent(eventType.timerCreated, now, { EventId: id, FireAt: fireAt });
  return newEvent(kind === 'activity' ? eventType.taskScheduled : eventType.subCreated, now, {
    EventId: id,
    Name: name,
    ...(input === undefined ? {} : { Input: input }),
  });
}

const kinds: Readonly<Record<number, Scheduled['kind']>> = {
  [eventType.taskScheduled]: 'activity',
  [eventType.subCreated]: 'sub',
  [eventType.timerCreated]: 'timer',
};
/** What kind of task an entry asks for; undefined: none. */
export const kindOf = ({ EventType }: HistoryEvent): Scheduled['kind'] | undefined => kinds[EventType];
export const asksForTask = (event: HistoryEvent): boolean => kindOf(event) !== undefined;

/** Ids of the tasks that were asked for already. */
export const askedFor = (history: readonly HistoryEvent[]): ReadonlySet<number> =>
  new Set(history.filter(asksForTask).map(({ EventId }) => EventId));

/** Ids of the tasks (not timers) that have ended. */
export const answered = (history: readonly HistoryEvent[]): ReadonlySet<number> =>
  new Set(history.flatMap(({ TaskScheduledId }) => (TaskScheduledId === undefined ? [] : [TaskScheduledId])));

export interface PendingTimer {
  readonly taskId: number;
  /** Milliseconds since 1970. */
  readonly dueAt: number;
}

/**
 * Timers that have not fired. They wait in a storage queue, whose messages stay invisible for whole seconds: so they fire up to
 * a second early, and at once below a second.
 */
export function pendingTimers({ history, cancelledTimers }: InstanceState): PendingTimer[] {
  const fired = new Set(history.map(({ TimerId }) => TimerId));
  return history
    .filter(({ EventType, EventId }) => EventType === eventType.timerCreated && !fired.has(EventId))
    .filter(({ EventId }) => !cancelledTimers.includes(EventId))
    .map(({ EventId, FireAt = '', Timestamp }) => {
      const asked = Date.parse(Timestamp);
      const seconds = Math.max(0, Math.floor((Date.parse(FireAt) - asked) / 1000));
      return { taskId: EventId, dueAt: asked + seconds * 1000 };
    });
}
