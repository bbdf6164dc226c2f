import type { IncomingMessage, ServerResponse } from 'node:http';
import { randomBytes } from 'node:crypto';
import type { ControllableListener } from '../../../../lab/contracts.js';
import { createLabCertificates } from '../../../../lab/net/certificates.js';
import { removeHostMapping, setHostMapping } from '../../../../lab/net/host-map.js';
import { createTlsListener } from '../../../../lab/net/listener.js';
import { trustInProcess } from '../../../../lab/net/trust.js';

interface SeenRequest {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}
export type Answer = (response: ServerResponse, request: SeenRequest) => void;

/** An HTTPS server under a hub's name that answers whatever a test wants, and remembers what it was asked. */
export interface EvilHub {
  hostName: string;
  connectionString: string;
  listener: ControllableListener;
  requests: SeenRequest[];
  /** The answers to the next requests; the last one stays. */
  answer(...answers: Answer[]): void;
  openSockets(): number;
  close(): Promise<void>;
}

export const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
    response.end(body === undefined ? '' : JSON.stringify(body));
  };
export const raw =
  (status: number, body: string, headers: Record<string, string> = { 'content-type': 'application/json' }): Answer =>
  (response) => {
    response.writeHead(status, headers);
    response.end(body);
  };
/** The form in which the service words its errors. */
export const refusal = (status: number, name: string, headers?: Record<string, string>): Answer =>
  json(status, { Message: `ErrorCode:${name};SECRET-TEXT`, ExceptionMessage: 'Tracking ID:x' }, headers);

export const startEvilHub = async (): Promise<EvilHub> => {
  const certificates = await createLabCertificates();
  trustInProcess(certificates.caPem);
  const requests: SeenRequest[] = [];
  const sockets = new Set<unknown>();
  let answers: Answer[] = [json(500, {})];
  const listener = await createTlsListener({
    certificates,
    onRequest: (request, response) => {
      if (!sockets.has(request.socket)) {
        sockets.add(request.socket);
        request.socket.once('close', () => sockets.delete(request.socket));
      }
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        const seen = { method, url, headers, body: Buffer.concat(chunks).toString('utf8') };
        requests.push(seen);
        const answer = answers.length > 1 ? answers.shift() : answers[0];
        answer?.(response, seen);
      });
    },
  });
  const hostName = `evil-${randomBytes(4).toString('hex')}.azure-devices.net`;
  setHostMapping(hostName, 443, { host: '127.0.0.1', port: listener.port });
  return {
    hostName,
    connectionString: `HostName=${hostName};SharedAccessKeyName=iothubowner;SharedAccessKey=${randomBytes(32).toString('base64')}`,
    listener,
    requests,
    answer: (...next) => {
      answers = next;
      requests.length = 0;
    },
    openSockets: () => sockets.size,
    close: async () => {
      removeHostMapping(hostName, 443);
      await listener.close();
    },
  };
};
