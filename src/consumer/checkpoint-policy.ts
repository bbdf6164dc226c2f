import type { CheckpointPolicy } from './contract.js';

/** When the next checkpoint of one partition is due. Times in milliseconds of a monotonic clock. */
export interface CheckpointSchedule {
  processed(events: number): void;
  isDue(nowInMs: number): boolean;
  written(nowInMs: number): void;
  /** Something was processed since the last checkpoint, and the policy lets the processor write it. */
  readonly owes: boolean;
}

export function createCheckpointSchedule(policy: CheckpointPolicy, startedInMs: number): CheckpointSchedule {
  let since = 0;
  let lastInMs = startedInMs;
  return {
    processed: (events) => {
      since += events;
    },
    isDue: (nowInMs) => {
      if (since === 0) return false;
      if (policy.kind === 'everyEvents') return since >= policy.events;
      if (policy.kind === 'everySeconds') return nowInMs - lastInMs >= policy.seconds * 1000;
      return policy.kind === 'eachBatch';
    },
    written: (nowInMs) => {
      since = 0;
      lastInMs = nowInMs;
    },
    get owes() {
      return since > 0 && policy.kind !== 'manual';
    },
  };
}
