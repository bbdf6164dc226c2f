import { setTimeout as delay } from 'node:timers/promises';
import { newInstance, type NewInstance } from './apply-message.js';
import { isOver, isSettled, type InstanceState, type TaskAddress } from './contract.js';
import type { InstanceStore, StoredInstance } from './instance-store.js';

const pollInMs = 50;

/** `running`: an instance of that id is. `there`: that very task made it before, and it may be over by now. */
export type Made = { outcome: 'made'; stored: StoredInstance } | { outcome: 'running' | 'there' };

const isSameTask = (one: TaskAddress | undefined, other: TaskAddress | undefined): boolean =>
  one !== undefined &&
  one.instanceId === other?.instanceId &&
  one.executionId === other.executionId &&
  one.taskId === other.taskId;

/** Makes and removes whole instances. What is over but has not told its parent yet stays until it has: both wait for that. */
export function createInstances(store: InstanceStore, signal: AbortSignal) {
  const toTell = async (state: InstanceState): Promise<boolean> => {
    if (!isOver(state) || isSettled(state)) return false;
    await delay(pollInMs, undefined, { signal });
    return true;
  };

  return {
    /** Resolves when it cannot be lost any more. */
    async make(instance: NewInstance): Promise<Made> {
      for (;;) {
        const there = await store.read(instance.instanceId);
        if (there !== undefined) {
          // The host was killed between this and the note that it has been done.
          if (isSameTask(there.state.parent, instance.parent)) return { outcome: 'there' };
          if (!isOver(there.state)) return { outcome: 'running' };
          if (await toTell(there.state)) continue;
        }
        const stored = await store.create(newInstance(instance), there?.etag);
        if (stored !== undefined) return { outcome: 'made', stored };
      }
    },
    /** False: there is no such instance, or it is running. */
    async purge(instanceId: string): Promise<boolean> {
      for (;;) {
        const there = await store.read(instanceId);
        if (there === undefined || !isOver(there.state)) return false;
        if (await toTell(there.state)) continue;
        return store.remove(instanceId, there.etag);
      }
    },
  };
}
