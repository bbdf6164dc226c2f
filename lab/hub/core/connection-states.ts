import { keyOf, type Entries, type Entry } from './entries.js';
import { emitConnectionState, type HubState } from './hub-state.js';

/**
 * When a connection state is told. "React to IoT Hub events by using Event Grid": not each flip, but the state at a snapshot, for identities
 * which have sent telemetry or asked for cloud-to-device messages since they connected; again, with a new number, when it has flipped there
 * and back meanwhile. Told of one life only: a delete says all there is to say.
 */
export interface ConnectionStates {
  /** The connection is gone. */
  disconnected: (entry: Entry) => void;
  /** The identity sent telemetry or asked for messages. */
  active: (entry: Entry) => void;
  tell: () => void;
}

const isCurrent = (entries: Entries, entry: Entry): boolean => {
  const { deviceId, moduleId } = entry.identity;
  const device = entries.get(deviceId);
  return entry === (moduleId === undefined ? device : device?.modules.get(moduleId));
};

export function createConnectionStates(state: HubState): ConnectionStates {
  /** Whose connection counts. An entry is one life of an identity. */
  const counted = new WeakSet<Entry>();
  const changed = new Set<Entry>();
  let numbers = 0;

  /** Time first, then a count, so that it grows over the lives of a hub. Only its length and its order are documented. */
  const nextNumber = (): string => {
    numbers += 1;
    const time = state.clock.now().getTime();
    return [time, numbers].map((part) => part.toString(16).padStart(32, '0').toUpperCase()).join('');
  };

  return {
    disconnected: (entry) => {
      if (counted.delete(entry)) changed.add(entry);
    },
    active: (entry) => {
      if (counted.has(entry) || entry.identity.connectionState !== 'Connected') return;
      counted.add(entry);
      changed.add(entry);
    },
    tell: () => {
      const told = [...changed].filter((entry) => isCurrent(state.entries, entry));
      changed.clear();
      for (const entry of told) emitConnectionState(state, keyOf(entry.identity), counted.has(entry), nextNumber());
    },
  };
}
