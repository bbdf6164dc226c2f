import type { FailoverHooks } from './hooks.js';

const keptMinutes = 60;
const minuteInMs = 60_000;

/**
 * The paired region begins with a copy that is some minutes old (RPO 0 to 5 minutes, "IoT Hub high availability and disaster recovery"):
 * put in place before the hub's service API answers again, as of so many minutes before forwarding stopped.
 */
export const createRollBackHooks = (
  rollBack: (minutes: number) => void,
  now: () => number = Date.now,
): FailoverHooks => {
  let stopped = { minutes: 0, at: 0 };
  return {
    forwardingStopped: ({ rollBackMinutes }) => {
      stopped = { minutes: rollBackMinutes, at: now() };
    },
    active: () => {
      if (stopped.minutes === 0) return;
      rollBack(Math.min(keptMinutes, stopped.minutes + (now() - stopped.at) / minuteInMs));
    },
  };
};
