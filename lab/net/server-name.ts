import type { Duplex } from 'node:stream';

/** The name that a TLS client asked for, in lower case; empty where it gave none. Node has it on server sockets, its declarations do not. */
export const serverNameOf = (socket: Duplex & { servername?: unknown }): string =>
  typeof socket.servername === 'string' ? socket.servername.toLowerCase() : '';
