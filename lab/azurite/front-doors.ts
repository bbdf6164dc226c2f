import { connect, type Socket } from 'node:net';
import { pipeline } from 'node:stream';
import type { ControllableListener } from '../contracts.js';
import { createTcpListener } from '../net/listener.js';
import type { StoragePorts, StorageService } from './azurite.js';

/** An outage of the whole storage account: all its services at once. */
export type Outage = Pick<ControllableListener, 'stop' | 'resume' | 'setRefusing'>;

const passOn = (port: number) => (socket: Socket) => {
  const upstream = connect({ port, host: '127.0.0.1' });
  upstream.setNoDelay(true);
  // Whichever side ends or fails, pipeline ends the other; there is nobody else to tell.
  pipeline(socket, upstream, socket, () => upstream.destroy());
};

/** One port of ours before each service. */
export async function openFrontDoors(
  behind: StoragePorts,
): Promise<Outage & { ports: StoragePorts; close(): Promise<void> }> {
  const doors = new Map<StorageService, ControllableListener>();
  for (const [service, port] of Object.entries(behind))
    doors.set(service as StorageService, await createTcpListener(passOn(port)));
  const each = async (act: (door: ControllableListener) => Promise<void>): Promise<void> => {
    await Promise.all([...doors.values()].map(act));
  };
  return {
    ports: Object.fromEntries([...doors].map(([service, door]) => [service, door.port])) as StoragePorts,
    stop: () => each((door) => door.stop()),
    resume: () => each((door) => door.resume()),
    setRefusing: (refusing) => {
      for (const door of doors.values()) door.setRefusing(refusing);
    },
    close: () => each((door) => door.close()),
  };
}
