import type { HostLog } from '../invoke.js';
import { accept, applyMessage, nextMessage } from './apply-message.js';
import { isOver, isSettled, type Message, type Outgoing } from './contract.js';
import type { RunOrchestrator } from './episode.js';
import { pendingTimers } from './history.js';
import type { InstanceStore, StoredInstance } from './instance-store.js';

/** setTimeout takes no more; a longer wait is taken in parts. */
const longestWaitInMs = 2_000_000_000;

export interface ActorOptions {
  store: InstanceStore;
  run: RunOrchestrator;
  /** Before each write: false when this host no longer owns the task hub. */
  mayWrite(): Promise<boolean>;
  /** Resolves when it cannot be lost any more. */
  send(from: StoredInstance['state'], what: Outgoing): Promise<void>;
  /** It is over and has nothing left to send. */
  finished(): void;
  /** It is somebody else's by now, or cannot go on: what is there must be read again. */
  abandoned(error: unknown): void;
  log: HostLog;
}

/** Why a message was not taken in: it must be sent again. */
export class AbandonedError extends Error {
  readonly code = 'durable.abandoned';
  readonly retryable = true;
}

const moved = (cause?: unknown) => new AbandonedError('The instance moved to another host.', { cause });

interface Waiting {
  readonly message: Message;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** One running instance, in the memory of the host that owns it: one message after the other, each made durable before the next. */
export interface Actor {
  readonly current: StoredInstance;
  /** Resolves when the message is durable, or of no use. Rejects with AbandonedError. */
  submit(message: Message): Promise<void>;
  /** Sends what is to be sent, sets timers, and works off what waits. */
  wake(): void;
  stop(): void;
}

export function createActor(initial: StoredInstance, options: ActorOptions): Actor {
  let current = initial;
  let working = false;
  let ended = false;
  const waiting: Waiting[] = [];
  const sent: string[] = [];
  const sending = new Set<string>();
  const timers = new Map<number, NodeJS.Timeout>();

  const stop = (): void => {
    ended = true;
    for (const timer of timers.values()) clearTimeout(timer);
    timers.clear();
    for (const { reject } of waiting.splice(0)) reject(moved());
  };

  const abandon = (error: unknown): void => {
    if (ended) return;
    stop();
    options.abandoned(error);
  };

  const submit = (message: Message): Promise<void> =>
    new Promise((resolve, reject) => {
      if (ended) return reject(moved());
      waiting.push({ message, resolve, reject });
      wake();
    });

  const fire = (taskId: number, dueAt: number): NodeJS.Timeout =>
    setTimeout(
      () => {
        if (dueAt > Date.now()) timers.set(taskId, fire(taskId, dueAt));
        else {
          const { executionId, instanceId } = current.state;
          const id = `${executionId}:${taskId}:fired`;
          submit({ id, instanceId, kind: 'timer', executionId, taskId }).catch(abandon);
        }
      },
      Math.min(Math.max(dueAt - Date.now(), 0), longestWaitInMs),
    );

  let armedFor = '';
  const arm = (): void => {
    const pending = isOver(current.state) ? [] : pendingTimers(current.state);
    const wanted = new Set(pending.map(({ taskId }) => taskId));
    const sameGeneration = armedFor === current.state.executionId;
    armedFor = current.state.executionId;
    for (const [taskId, timer] of timers) {
      if (sameGeneration && wanted.has(taskId)) continue;
      clearTimeout(timer);
      timers.delete(taskId);
    }
    for (const { taskId, dueAt } of pending) if (!timers.has(taskId)) timers.set(taskId, fire(taskId, dueAt));
  };

  const sendOne = async (state: StoredInstance['state'], what: Outgoing): Promise<void> => {
    try {
      await options.send(state, what);
      sent.push(what.id);
      wake();
    } catch (error) {
      abandon(error);
    }
  };

  const send = (): void => {
    const { state } = current;
    for (const what of state.outbox) {
      if (sending.has(what.id)) continue;
      sending.add(what.id);
      void sendOne(state, what);
    }
  };

  /** Everything that waits now, and one step; false when there was nothing to do. */
  const turn = async (taken: readonly Waiting[]): Promise<boolean> => {
    const before = current.state;
    const gone = new Set(sent.splice(0));
    let next = accept(
      before,
      taken.map(({ message }) => message),
    );
    if (gone.size > 0) next = { ...next, outbox: next.outbox.filter(({ id }) => !gone.has(id)) };
    const message = isOver(next) ? undefined : nextMessage(next);
    if (message !== undefined) next = await applyMessage(next, message, options.run);
    if (next === before) return taken.length > 0;
    if (!(await options.mayWrite())) throw new AbandonedError('Another host owns the task hub.');
    const written = await options.store.write(next, current.etag);
    if (written === undefined) throw new AbandonedError('The instance was changed by another host.');
    current = written;
    for (const id of gone) sending.delete(id);
    options.log(
      `Durable: '${next.instanceId}' execution ${next.executionId} revision ${written.state.revision}, ${next.history.length} events, ${next.status}`,
    );
    return true;
  };

  const work = async (): Promise<void> => {
    for (;;) {
      const taken = waiting.splice(0);
      try {
        const did = await turn(taken);
        for (const { resolve } of taken) resolve();
        if (ended) return;
        if (!did) break;
      } catch (error) {
        for (const { reject } of taken) reject(moved(error));
        abandon(error);
        return;
      }
      arm();
      send();
    }
    working = false;
    if (!isSettled(current.state)) return;
    stop();
    options.finished();
  };

  const wake = (): void => {
    if (working || ended) return;
    working = true;
    void work();
  };

  return {
    submit,
    stop,
    wake: () => {
      arm();
      send();
      wake();
    },
    get current() {
      return current;
    },
  };
}
