import type { ControllableListener } from '../../../lab/contracts.js';
import type { FaultTimers } from '../../../lab/faults/timers.js';

export interface FakeListener extends ControllableListener {
  /** What was asked of it, in order. */
  calls: string[];
  failNext: Error | undefined;
}

export const createFakeListener = (): FakeListener => {
  const calls: string[] = [];
  const call = (name: string) => async (): Promise<void> => {
    calls.push(name);
    await Promise.resolve();
    const failure = listener.failNext;
    listener.failNext = undefined;
    if (failure !== undefined) throw failure;
  };
  const listener: FakeListener = {
    port: 1,
    calls,
    failNext: undefined,
    stop: call('stop'),
    resume: call('resume'),
    setRefusing: (refusing) => calls.push(`refusing ${refusing}`),
    close: call('close'),
  };
  return listener;
};

export interface ManualTimers extends FaultTimers {
  readonly slept: number[];
  /** Lets everything due within `ms` happen. */
  pass(ms: number): void;
  readonly pending: number;
}

export const createManualTimers = (): ManualTimers => {
  let now = 0;
  const due = new Map<() => void, number>();
  const slept: number[] = [];
  return {
    slept,
    get pending() {
      return due.size;
    },
    sleep: async (ms) => {
      slept.push(ms);
    },
    after: (ms, action) => {
      due.set(action, now + ms);
      return () => due.delete(action);
    },
    pass: (ms) => {
      now += ms;
      for (const [action, at] of due)
        if (at <= now) {
          due.delete(action);
          action();
        }
    },
  };
};
