import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HostLog } from './invoke.js';
import type { RequestHandler } from './trigger.js';
import { requestUrl } from './triggers/http-message.js';

export interface HttpServer {
  readonly port: number;
  /** Takes no new connections; requests that run may end until `limitInMs`. */
  close(limitInMs: number): Promise<void>;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  handlers: readonly RequestHandler[],
  log: HostLog,
) {
  const start = performance.now();
  // The path only: the query carries keys.
  const path = (request.url ?? '/').split('?', 1)[0];
  try {
    const url = requestUrl(request);
    let handled = false;
    for (const handle of handlers) handled ||= await handle(request, url, response);
    if (!handled) response.writeHead(404).end();
  } catch (error) {
    log(`${request.method} ${path} failed: ${String(error)}`);
    if (!response.headersSent) response.writeHead(500);
    response.end();
  }
  log(`${request.method} ${path} ${response.statusCode} ${Math.round(performance.now() - start)} ms`);
}

/** Serves the handlers in turn on loopback; whoever takes a request answers it, else 404. Rejects when the port is taken. */
export async function startHttpServer(
  port: number,
  handlers: readonly RequestHandler[],
  log: HostLog,
): Promise<HttpServer> {
  const server = createServer((request, response) => void answer(request, response, handlers, log));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', () => resolve());
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: (limitInMs) =>
      new Promise((resolve) => {
        const cut = setTimeout(() => server.closeAllConnections(), limitInMs);
        server.close(() => {
          clearTimeout(cut);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}
