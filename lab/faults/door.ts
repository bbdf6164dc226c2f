import { connect, type Socket } from 'node:net';
import { pipeline } from 'node:stream';
import type { ControllableListener } from '../contracts.js';
import { createTcpListener, type ListenerOptions } from '../net/listener.js';
import { createSharedShape, createValve, type SharedShape } from './valve.js';

/** A port that can play every fault of the wire. */
export interface Door extends Required<ControllableListener> {
  /** Ends every connection, and what of it was on its way; new ones come in. */
  cutAll(): void;
}

const passOn = (port: number, shape: SharedShape, open: Set<() => void>) => (socket: Socket) => {
  const upstream = connect({ port, host: '127.0.0.1', noDelay: true });
  const reset = (): void => void socket.resetAndDestroy();
  const [request, answer] = [createValve(shape), createValve(shape, reset)];
  const cut = (): void => {
    // The valves first: what they hold must not pass when the shape changes next.
    for (const part of [request, answer, upstream, socket]) part.destroy();
  };
  open.add(cut);
  // Whichever side ends or fails, pipeline ends the other, and what a valve holds is gone with it; there is nobody else to tell.
  pipeline(socket, request, upstream, answer, socket, () => {
    open.delete(cut);
    upstream.destroy();
  });
};

/** One loopback port before another one. What is behind it never notices more than its connections' ends. */
export const openDoor = async (behind: number, options?: ListenerOptions): Promise<Door> => {
  const shape = createSharedShape();
  const open = new Set<() => void>();
  const listener = await createTcpListener(passOn(behind, shape, open), options);
  return {
    ...listener,
    setShape: (next) => shape.set(next),
    cutAll: () => {
      for (const cut of open) cut();
    },
  };
};

/** A door before a server of ours, which closes with it. */
export const openDoorBefore = async (server: ControllableListener, options?: ListenerOptions): Promise<Door> => {
  let door: Door;
  try {
    door = await openDoor(server.port, options);
  } catch (error) {
    await server.close();
    throw error;
  }
  return {
    ...door,
    close: async () => {
      await door.close();
      await server.close();
    },
  };
};
