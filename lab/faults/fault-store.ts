import type { ControllableListener, Fault, FaultGate, Plane } from '../contracts.js';
import { activateFault, decide, decideDamage, decideShape, type ActiveFault } from './decide.js';
import { isCutByServer, kindsOn } from './kinds.js';
import { createListenerControl, type ListenerControl } from './listener-control.js';
import { realTimers, type FaultTimers } from './timers.js';

export interface FaultStore extends FaultGate {
  /** Ports come up after the store: servers need the gate first. */
  attach(hub: Fault['hub'], plane: Plane, listener: ControllableListener): void;
  /** Throws FaultError: `noSuchPlane` when nothing serves that plane, `notOnThisPlane` when it cannot play that kind. */
  add(fault: Fault): { id: string };
  /** False when there is no such fault (it may have ended by itself). */
  remove(id: string): boolean;
  list(): { id: string; fault: Fault }[];
  /** Resolves when every port is as the faults ask; rejects with what kept one from getting there. */
  settled(): Promise<void>;
  /** Cancels every timer. Ports are left as they are: whoever opened them closes them. */
  close(): void;
}

export class FaultError extends Error {
  readonly code: 'noSuchPlane' | 'notOnThisPlane';
  constructor(code: FaultError['code'], message: string) {
    super(message);
    this.name = 'FaultError';
    this.code = code;
  }
}

export interface FaultStoreOptions {
  timers?: FaultTimers;
  /** A port that could not be stopped or opened again, when nobody waits for `settled`. */
  onError?: (error: unknown) => void;
}

interface Place {
  control: ListenerControl;
  shapeable: boolean;
  cutByServer: boolean;
}

interface Entry {
  active: ActiveFault;
  cancelEnd: () => void;
}

const planeOf = (hub: Fault['hub'], plane: Plane): string => `${hub}/${plane}`;

/** The faults in force: answers each server's question, and holds ports closed while at least one fault asks so. */
export const createFaultStore = ({ timers = realTimers, onError }: FaultStoreOptions = {}): FaultStore => {
  const entries = new Map<string, Entry>();
  const places = new Map<string, Place>();
  let lastId = 0;

  const on = (place: string): ActiveFault[] =>
    [...entries.values()].map((entry) => entry.active).filter(({ fault }) => planeOf(fault.hub, fault.plane) === place);

  const refresh = (place: string): void => {
    const found = places.get(place);
    if (found === undefined) return;
    const { control, cutByServer } = found;
    const faults = on(place);
    const kinds = new Set(faults.map(({ fault }) => fault.kind));
    const shape = decideShape(cutByServer ? faults.filter(({ fault }) => fault.kind !== 'reset') : faults);
    control.apply({ stopped: kinds.has('stop'), refusing: kinds.has('refuse'), shape });
    control.settled().catch((error: unknown) => onError?.(error));
  };

  const remove = (id: string): boolean => {
    const entry = entries.get(id);
    if (entry === undefined) return false;
    entry.cancelEnd();
    entries.delete(id);
    refresh(planeOf(entry.active.fault.hub, entry.active.fault.plane));
    return true;
  };

  return {
    attach: (hub, plane, listener) =>
      places.set(planeOf(hub, plane), {
        control: createListenerControl(listener),
        shapeable: listener.setShape !== undefined,
        cutByServer: isCutByServer({ hub, plane }),
      }),
    add: (fault) => {
      const place = planeOf(fault.hub, fault.plane);
      const found = places.get(place);
      if (found === undefined) throw new FaultError('noSuchPlane', `nothing serves ${fault.plane} on ${fault.hub}`);
      const onWire =
        fault.kind === 'blackHole' || fault.kind === 'slow' || (fault.kind === 'reset' && !found.cutByServer);
      if (!kindsOn(fault).includes(fault.kind) || (onWire && !found.shapeable))
        throw new FaultError('notOnThisPlane', `${fault.kind} cannot be played on ${fault.plane} of ${fault.hub}`);
      lastId += 1;
      const id = `fault-${lastId}`;
      // A delay uses forMs for the length of each wait: it lasts until it is removed.
      const ends = fault.kind !== 'delay' && fault.forMs !== undefined;
      const cancelEnd = ends ? timers.after(fault.forMs ?? 0, () => remove(id)) : () => undefined;
      entries.set(id, { active: activateFault(fault), cancelEnd });
      refresh(place);
      return { id };
    },
    remove,
    list: () => [...entries].map(([id, { active }]) => ({ id, fault: active.fault })),
    before: async (hub, plane) => {
      const { waitInMs, answer } = decide(on(planeOf(hub, plane)));
      if (waitInMs > 0) await timers.sleep(waitInMs);
      return answer;
    },
    damage: (hub, plane) => decideDamage(on(planeOf(hub, plane))),
    settled: async () => {
      await Promise.all([...places.values()].map(({ control }) => control.settled()));
    },
    close: () => {
      for (const { cancelEnd } of entries.values()) cancelEnd();
      entries.clear();
    },
  };
};
