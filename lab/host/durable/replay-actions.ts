import { actionType, type Action, type RetryOptions } from './actions.js';
import { eventType, type HistoryEvent } from './contract.js';
import { ShimTask, whenAll, whenAny } from './shim-task.js';

/** A task that the framework was asked for; its id is its place in the order of asking. */
export interface Scheduled {
  readonly id: number;
  readonly kind: 'activity' | 'sub' | 'timer';
  readonly name: string;
  readonly input: unknown;
  readonly instanceId: string | undefined;
  readonly fireAt: string;
  readonly cancelled: boolean;
}

export interface Replayed {
  readonly scheduled: readonly Scheduled[];
  /** Every action has been awaited. */
  readonly exhausted: boolean;
  /** The framework ends no generation while one of its tasks is open (external events are none). */
  readonly hasOpenTasks: boolean;
  readonly continueAsNew: { input: unknown } | undefined;
  /** Events that came after the call of continueAsNew: for the next generation (TaskOrchestrationContext.HandleEventRaisedEvent). */
  readonly carriedOver: readonly HistoryEvent[];
}

/** DurableTask.Core, RetryInterceptor.ComputeNextDelay. */
function retryDelay(options: RetryOptions, attempt: number): number {
  const delay = options.firstRetryIntervalInMilliseconds * (options.backoffCoefficient ?? 1) ** attempt;
  return Math.min(delay, options.maxRetryIntervalInMilliseconds ?? Infinity);
}

/**
 * Runs the actions that an orchestrator returned against its history, in the way of the extension (azure-functions-durable-extension,
 * OutOfProcOrchestrationShim): each is started again from the list and awaited before the next. So a task which stands in two
 * compound actions is started twice, and the ids of what follows are no longer those which the library counts.
 */
export function replayActions(actions: readonly Action[], history: readonly HistoryEvent[]): Replayed {
  const scheduled: Scheduled[] = [];
  const open = new Map<number, ShimTask>();
  const waiting = new Map<string, ShimTask[]>();
  const buffered = new Map<string, number>();
  const carriedOver: HistoryEvent[] = [];
  let now = 0;
  let exhausted = false;
  let continueAsNew: Replayed['continueAsNew'];

  const schedule = (what: Partial<Scheduled> & Pick<Scheduled, 'kind'>): ShimTask => {
    const task = new ShimTask();
    const id = scheduled.length;
    scheduled.push({
      id,
      name: '',
      input: undefined,
      instanceId: undefined,
      fireAt: '',
      cancelled: false,
      ...what,
    });
    if (what.cancelled === true) task.settle(true);
    else open.set(id, task);
    return task;
  };

  const withRetry = (options: RetryOptions, attempt: () => ShimTask): ShimTask => {
    const outcome = new ShimTask();
    const run = (count: number): void => {
      attempt().onEnd((failed) => {
        if (!failed) return outcome.settle(false);
        // The last failure waits for its timer, too: so do both the framework and the library.
        const fireAt = new Date(now + retryDelay(options, count)).toISOString();
        schedule({ kind: 'timer', fireAt }).onEnd(() =>
          count + 1 < options.maxNumberOfAttempts ? run(count + 1) : outcome.settle(true),
        );
      });
    };
    run(0);
    return outcome;
  };

  /** A stack: whoever waits last gets the event (DurableOrchestrationContext.WaitForExternalEvent). */
  const waitForEvent = (name: string): ShimTask => {
    const task = new ShimTask();
    const early = buffered.get(name) ?? 0;
    if (early > 0) {
      buffered.set(name, early - 1);
      task.settle(false);
    } else waiting.set(name, [...(waiting.get(name) ?? []), task]);
    return task;
  };

  const raise = (event: HistoryEvent): void => {
    if (continueAsNew !== undefined) {
      // Also one that the library has heeded: a race against a timer that was cancelled later is over here before the event is looked at.
      carriedOver.push(event);
      return;
    }
    const name = event.Name ?? '';
    const task = waiting.get(name)?.pop();
    if (task === undefined) buffered.set(name, (buffered.get(name) ?? 0) + 1);
    else task.settle(false);
  };

  const begin = (action: Action): ShimTask => {
    const name = action.functionName ?? '';
    const activity = () => schedule({ kind: 'activity', name, input: fromJsonText(action.input) });
    // An empty id is none (DurableOrchestrationContext.CallSubOrchestratorAsync).
    const instanceId = action.instanceId === '' ? undefined : (action.instanceId ?? undefined);
    const sub = () => schedule({ kind: 'sub', name, input: action.input, instanceId });
    const retry = action.retryOptions ?? { firstRetryIntervalInMilliseconds: 1, maxNumberOfAttempts: 1 };
    const children = () => (action.compoundActions ?? []).map(begin);
    switch (action.actionType) {
      case actionType.callActivity:
        return activity();
      case actionType.callActivityWithRetry:
        return withRetry(retry, activity);
      case actionType.callSubOrchestrator:
        return sub();
      case actionType.callSubOrchestratorWithRetry:
        return withRetry(retry, sub);
      case actionType.createTimer:
        return schedule({ kind: 'timer', fireAt: action.fireAt ?? '', cancelled: action.isCanceled === true });
      case actionType.waitForExternalEvent:
        return waitForEvent(action.externalEventName ?? '');
      case actionType.whenAny:
        return whenAny(children());
      case actionType.whenAll:
        return whenAll(children());
      default: {
        continueAsNew = { input: fromJsonText(action.input) };
        const done = new ShimTask();
        done.settle(false);
        return done;
      }
    }
  };

  const runFrom = (index: number): void => {
    const action = actions[index];
    if (action === undefined) exhausted = true;
    else begin(action).onEnd(() => runFrom(index + 1));
  };

  const settle = (id: number | undefined, failed: boolean): void => {
    const task = open.get(id ?? -1);
    open.delete(id ?? -1);
    task?.settle(failed);
  };

  for (const event of history) {
    if (event.EventType === eventType.orchestratorStarted) now = Date.parse(event.Timestamp);
    else if (event.EventType === eventType.executionStarted) runFrom(0);
    else if (event.EventType === eventType.eventRaised) raise(event);
    else if (event.EventType === eventType.timerFired) settle(event.TimerId, false);
    else if (event.EventType === eventType.taskFailed || event.EventType === eventType.subFailed) {
      settle(event.TaskScheduledId, true);
    } else settle(event.TaskScheduledId, false);
  }
  return { scheduled, exhausted, continueAsNew, carriedOver, hasOpenTasks: open.size > 0 };
}

/** The library writes a text input of an activity, and of continue-as-new, as JSON (Utils.processInput); nothing else. */
function fromJsonText(input: unknown): unknown {
  return typeof input === 'string' ? JSON.parse(input) : input;
}
