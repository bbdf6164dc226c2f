import type { ControllableListener, StoragePlane } from '../contracts.js';
import { openDoor, type Door } from '../faults/door.js';
import type { StoragePorts } from './azurite.js';

/** An outage of the whole storage account: all its services at once. */
export type Outage = Required<Pick<ControllableListener, 'stop' | 'resume' | 'setRefusing' | 'setShape'>>;

export interface FrontDoors extends Outage {
  ports: StoragePorts;
  doors: Record<StoragePlane, Door>;
  close(): Promise<void>;
}

/** One port of ours before each service. */
export async function openFrontDoors(behind: StoragePorts): Promise<FrontDoors> {
  const doors = {
    blob: await openDoor(behind.blob),
    queue: await openDoor(behind.queue),
    table: await openDoor(behind.table),
  };
  const all = Object.values(doors);
  const each = async (act: (door: Door) => Promise<void>): Promise<void> => {
    await Promise.all(all.map(act));
  };
  return {
    doors,
    ports: { blob: doors.blob.port, queue: doors.queue.port, table: doors.table.port },
    stop: () => each((door) => door.stop()),
    resume: () => each((door) => door.resume()),
    setRefusing: (refusing) => {
      for (const door of all) door.setRefusing(refusing);
    },
    setShape: (shape) => {
      for (const door of all) door.setShape(shape);
    },
    close: () => each((door) => door.close()),
  };
}
