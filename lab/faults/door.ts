import { connect, type Socket } from 'node:net';
import { pipeline } from 'node:stream';
import type { ControllableListener } from '../contracts.js';
import { createTcpListener, type ListenerOptions } from '../net/listener.js';
import { createSharedShape, createValve, type SharedShape } from './valve.js';

/** A port that can play every fault of the wire. */
export type Door = Required<ControllableListener>;

const passOn = (port: number, shape: SharedShape) => (socket: Socket) => {
  const upstream = connect({ port, host: '127.0.0.1', noDelay: true });
  const cut = (): void => void socket.resetAndDestroy();
  // Whichever side ends or fails, pipeline ends the other, and what a valve holds is gone with it; there is nobody else to tell.
  pipeline(socket, createValve(shape), upstream, createValve(shape, cut), socket, () => upstream.destroy());
};

/** One loopback port before another one. What is behind it never notices more than its connections' ends. */
export const openDoor = async (behind: number, options?: ListenerOptions): Promise<Door> => {
  const shape = createSharedShape();
  const listener = await createTcpListener(passOn(behind, shape), options);
  return { ...listener, setShape: (next) => shape.set(next) };
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
