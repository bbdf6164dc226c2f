import { serve, type ServerType } from '@hono/node-server';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createControlApp, type ControlledLab } from './app.js';

export interface ControlServer {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  close(): Promise<void>;
}

const isAddress = (address: ReturnType<ServerType['address']>): address is AddressInfo =>
  typeof address === 'object' && address !== null;

/** Serves the control API on loopback. Rejects when the port is taken (EADDRINUSE). */
export const startControlServer = async (lab: ControlledLab, port = 0): Promise<ControlServer> => {
  const server = serve({ fetch: createControlApp(lab).fetch, hostname: '127.0.0.1', port });
  await once(server, 'listening');
  const address = server.address();
  if (!isAddress(address)) throw new TypeError('the control server has no TCP address');
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      if ('closeAllConnections' in server) server.closeAllConnections();
      await closed;
    },
  };
};
