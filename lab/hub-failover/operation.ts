import { randomUUID } from 'node:crypto';
import type { FailoverMoment, FailoverOperation, HubFailoverOptions } from './contract.js';

/** A failover on its way, as the state machine moves it. */
export interface RunningOperation {
  readonly view: FailoverOperation;
  came(moment: FailoverMoment): void;
  /** The laboratory ends before the failover does. */
  abandon(): void;
}

class FailoverAbandonedError extends Error {
  constructor() {
    super('the laboratory was closed during a failover');
    this.name = 'FailoverAbandonedError';
  }
}

export const createOperation = (options: HubFailoverOptions, now: () => Date): RunningOperation => {
  const done = Promise.withResolvers<void>();
  // Nobody has to wait for it.
  done.promise.catch(() => undefined);
  const moments: Partial<Record<FailoverMoment, Date>> = {};
  let status: FailoverOperation['status'] = 'InProgress';
  return {
    view: {
      id: randomUUID(),
      startedAt: now(),
      options,
      moments,
      done: done.promise,
      get status() {
        return status;
      },
    },
    came: (moment) => {
      moments[moment] = now();
      if (moment === 'active') status = 'Succeeded';
      if (moment === 'dataFlows') done.resolve();
    },
    abandon: () => {
      if (status === 'InProgress') status = 'Failed';
      done.reject(new FailoverAbandonedError());
    },
  };
};
