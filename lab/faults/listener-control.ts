import type { ControllableListener, WireShape } from '../contracts.js';

/** What the faults in force ask of one port. */
interface WantedState {
  stopped: boolean;
  refusing: boolean;
  shape: WireShape;
}

export interface ListenerControl {
  apply(wanted: WantedState): void;
  /** Resolves when the port is as wanted; rejects with what kept it from getting there. */
  settled(): Promise<void>;
}

const isFree = (shape: WireShape): boolean => Object.keys(shape).length === 0;

/**
 * Moves one port to the latest wanted state, one transition after another: `stop` and `resume` take time, and faults may come
 * and go meanwhile. Only the last wish counts.
 */
export const createListenerControl = (listener: ControllableListener): ListenerControl => {
  let wanted: WantedState = { stopped: false, refusing: false, shape: {} };
  let stopped = false;
  let failure: { error: unknown } | undefined;
  let moving: Promise<void> | undefined;

  const move = async (): Promise<void> => {
    try {
      while (stopped !== wanted.stopped) {
        if (wanted.stopped) await listener.stop();
        else await listener.resume();
        stopped = !stopped;
      }
    } catch (error) {
      failure = { error };
    } finally {
      moving = undefined;
    }
  };

  return {
    apply: (next) => {
      if (next.refusing !== wanted.refusing) listener.setRefusing(next.refusing);
      if (!isFree(next.shape) || !isFree(wanted.shape)) listener.setShape?.(next.shape);
      wanted = next;
      failure = undefined;
      if (moving === undefined && stopped !== wanted.stopped) moving = move();
    },
    settled: async () => {
      await moving;
      if (failure !== undefined) throw failure.error;
    },
  };
};
