import type { TLSSocket } from 'node:tls';
import { openDoorBefore, type Door } from '../faults/door.js';
import type { LabCertificates } from '../net/certificates.js';
import { createTlsListener } from '../net/listener.js';
import { serverNameOf } from '../net/server-name.js';

/** Who serves a namespace now; undefined: nobody does. */
export type FindNamespace = (hostName: string) => { accept(socket: TLSSocket): void } | undefined;

/** One TLS port before several namespaces, chosen by the server name of the handshake (RFC 6066, section 3). */
export const openFrontDoor = async (
  certificates: LabCertificates,
  find: FindNamespace,
  log: (line: string) => void,
): Promise<Door> =>
  openDoorBefore(
    await createTlsListener({
      certificates,
      onConnection: (socket) => {
        const name = serverNameOf(socket);
        const namespace = find(name);
        if (namespace !== undefined) return namespace.accept(socket);
        log(`built-in endpoint: nobody serves '${name}'`);
        socket.destroy();
      },
    }),
  );
