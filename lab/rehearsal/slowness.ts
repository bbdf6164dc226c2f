import { createHash } from 'node:crypto';

/** How much longer than alone a piece of work takes on this machine now: 1 to 10. */
export interface Slowness {
  /** Of the slowest two seconds so far. */
  readonly worst: number;
  /** One look; called by itself each half second. */
  look(): void;
  close(): void;
}

interface SlownessPort {
  nowInMs: () => number;
  /** The same work each time, some milliseconds of it. */
  work: () => void;
}

const everyInMs = 500;
const windowLooks = 4;
/** A machine that stands still excuses no more than this: what takes longer has another cause. */
const most = 10;
const block = Buffer.alloc(2 ** 21);

const realPort: SlownessPort = {
  nowInMs: () => performance.now(),
  work: () => void createHash('sha256').update(block).digest(),
};

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;

/**
 * Looks at the machine beside a rehearsal: the time of a fixed piece of work against the shortest that it ever took, and timers that come late. A bound
 * in milliseconds means an idle machine; times this it means this one.
 */
export const watchSlowness = ({ nowInMs, work }: SlownessPort = realPort): Slowness => {
  let shortest = Number.POSITIVE_INFINITY;
  let worst = 1;
  let lastInMs = nowInMs();
  let looks: { tookInMs: number; afterInMs: number }[] = [];
  const look = (): void => {
    const startInMs = nowInMs();
    work();
    const tookInMs = nowInMs() - startInMs;
    shortest = Math.min(shortest, tookInMs);
    looks = [...looks, { tookInMs, afterInMs: startInMs - lastInMs }].slice(-windowLooks);
    lastInMs = startInMs;
    if (looks.length < windowLooks) return;
    const byWork = mean(looks.map((each) => each.tookInMs)) / shortest;
    const byTimers = mean(looks.map(({ afterInMs }) => afterInMs)) / everyInMs;
    worst = Math.min(most, Math.max(worst, byWork, byTimers));
  };
  const timer = setInterval(look, everyInMs);
  return {
    get worst() {
      return worst;
    },
    look,
    close: () => clearInterval(timer),
  };
};
