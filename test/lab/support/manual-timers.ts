/** Time that moves when told to: for state machines that take their timers and their clock. */
export const createManualTimers = (startInMs = 0) => {
  let nowInMs = startInMs;
  let waiting: { atInMs: number; action: () => void }[] = [];
  return {
    now: () => new Date(nowInMs),
    after: (ms: number, action: () => void): (() => void) => {
      const entry = { atInMs: nowInMs + ms, action };
      waiting.push(entry);
      return () => {
        waiting = waiting.filter((each) => each !== entry);
      };
    },
    advanceTo: (atInMs: number): void => {
      for (;;) {
        const [next] = waiting.filter((each) => each.atInMs <= atInMs).sort((a, b) => a.atInMs - b.atInMs);
        if (next === undefined) break;
        waiting = waiting.filter((each) => each !== next);
        nowInMs = next.atInMs;
        next.action();
      }
      nowInMs = atInMs;
    },
    get pending() {
      return waiting.length;
    },
  };
};
