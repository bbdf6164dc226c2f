import { once } from 'node:events';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import type { RequestListener } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { ControllableListener } from '../contracts.js';
import type { LabCertificates } from './certificates.js';

export interface ListenerOptions {
  /** Default 0: a free one. */
  port?: number;
}

const LOOPBACK = '127.0.0.1';

async function openPort(accept: (socket: Socket) => void, port: number): Promise<Server> {
  const server = createServer({ noDelay: true }, accept);
  server.listen(port, LOOPBACK);
  // Rejects with the `error` event: a port that is taken says EADDRINUSE.
  await once(server, 'listening');
  return server;
}

const portOf = (server: Server): number => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('a loopback port was expected');
  return address.port;
};

/**
 * A loopback port whose outage can be played; each accepted connection is handed to `accept`. The protocol server behind it
 * never listens itself, so closing the port leaves its state alone.
 */
export async function createTcpListener(
  accept: (socket: Socket) => void,
  options: ListenerOptions = {},
): Promise<ControllableListener> {
  const connections = new Set<Socket>();
  let refusing = false;

  const track = (socket: Socket): void => {
    if (refusing) {
      socket.destroy();
      return;
    }
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
    accept(socket);
  };

  let server: Server | undefined = await openPort(track, options.port ?? 0);
  const port = portOf(server);

  const shut = async (): Promise<void> => {
    if (server === undefined) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of connections) socket.destroy();
    await closed;
    server = undefined;
  };
  const open = async (): Promise<void> => {
    server ??= await openPort(track, port);
  };

  // One transition at a time, or a resume could meet the port of a stop that is still closing.
  let turn = Promise.resolve();
  const inTurn = (transition: () => Promise<void>): Promise<void> => {
    const done = turn.then(transition);
    turn = done.catch(() => undefined);
    return done;
  };

  return {
    port,
    stop: () => inTurn(shut),
    resume: () => inTurn(open),
    setRefusing: (value) => {
      refusing = value;
    },
    close: () => inTurn(shut),
  };
}

/**
 * The same for a server of any kind that takes connections by its `connection` event (net, tls, http, https) and that must
 * not listen itself. Node documents the event as the way to inject connections.
 */
export const controlServer = (
  server: Pick<Server | HttpsServer, 'emit'>,
  options?: ListenerOptions,
): Promise<ControllableListener> => createTcpListener((socket) => server.emit('connection', socket), options);

export interface TlsListenerOptions extends ListenerOptions {
  certificates: LabCertificates;
  /** What speaks on the decrypted connection: HTTP requests, or a protocol of its own on the raw socket. Exactly one. */
  onRequest?: RequestListener;
  onConnection?: (socket: TLSSocket) => void;
  /** Ask clients for a certificate. Whoever has none, or one that nobody knows, gets in all the same: the protocol decides. Default false. */
  requestClientCertificate?: boolean;
}

/** A TLS port with the laboratory's certificate. Failed handshakes (a client that does not trust us) only cost their connection. */
export async function createTlsListener(options: TlsListenerOptions): Promise<ControllableListener> {
  const { certPem, keyPem } = options.certificates;
  const requestCert = options.requestClientCertificate ?? false;
  const tls = { cert: certPem, key: keyPem, requestCert, rejectUnauthorized: false };
  if (options.onRequest !== undefined) return controlServer(createHttpsServer(tls, options.onRequest), options);
  const { onConnection } = options;
  if (onConnection === undefined) throw new TypeError('createTlsListener needs onRequest or onConnection');
  const server = createTlsServer(tls, (socket) => {
    // A reset in mid-protocol is the peer's affair; without a listener it would end the process.
    socket.on('error', () => socket.destroy());
    onConnection(socket);
  });
  return controlServer(server, options);
}
