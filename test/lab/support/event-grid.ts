import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { LifecycleNotice } from '../../../lab/contracts.js';

/** An event as it was received, in either schema. */
interface ReceivedEvent {
  id: string;
  eventType: string;
  data: Record<string, unknown>;
  subject: string;
}

interface Post {
  url: string;
  at: number;
  headers: IncomingHttpHeaders;
  body: string;
  events: ReceivedEvent[];
}

export const path = '/runtime/webhooks/EventGrid?functionName=registrySync&code=system-key';

const readEvents = (body: string): ReceivedEvent[] => {
  const parsed: unknown = JSON.parse(body);
  return (Array.isArray(parsed) ? parsed : [parsed]) as ReceivedEvent[];
};

/** A host that echoes handshakes as the Functions extension does and answers notifications as told. */
export const aHost = () => {
  const posts: Post[] = [];
  let answers: (number | 'never')[] = [];
  let [handshakeStatus, statusAfterwards] = [200, 202];
  let allowedOrigin: string | undefined;
  let most = 0;
  let open = 0;
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.method === 'OPTIONS') {
        const asked = request.headers['webhook-request-origin'];
        if (allowedOrigin === undefined || asked !== 'eventgrid.azure.net') response.statusCode = 400;
        else response.setHeader('WebHook-Allowed-Origin', allowedOrigin);
        response.end();
        return;
      }
      const body = Buffer.concat(chunks).toString();
      const events = readEvents(body);
      posts.push({ url: request.url ?? '', at: performance.now(), headers: request.headers, body, events });
      if (request.headers['aeg-event-type'] === 'SubscriptionValidation') {
        const data: unknown = events[0]?.data;
        const { validationCode } = (typeof data === 'string' ? JSON.parse(data) : data) as { validationCode: string };
        response.statusCode = handshakeStatus;
        response.end(JSON.stringify({ validationResponse: validationCode }));
        return;
      }
      open += 1;
      most = Math.max(most, open);
      const status = answers.shift() ?? statusAfterwards;
      if (status === 'never') return;
      setImmediate(() => {
        open -= 1;
        response.statusCode = status;
        response.end();
      });
    });
  });
  return {
    posts,
    notifications: () => posts.filter(({ headers }) => headers['aeg-event-type'] === 'Notification'),
    handshakes: () => posts.filter(({ headers }) => headers['aeg-event-type'] === 'SubscriptionValidation'),
    answer: (...next: (number | 'never')[]) => (answers = next),
    /** What it answers when the answers are used up; 202 at first. */
    answerAlways: (status: number) => (statusAfterwards = status),
    answerHandshake: (status: number) => (handshakeStatus = status),
    allowOrigin: (origin: string) => (allowedOrigin = origin),
    most: () => most,
    listen: async (port = 0): Promise<string> => {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}${path}`;
    },
    close: async (): Promise<void> => {
      if (!server.listening) return;
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};

/** The part of a hub that Event Grid sees. */
export const aHub = () => {
  const listeners = new Set<(notice: LifecycleNotice) => void>();
  return {
    name: 'primary-hub',
    onLifecycle: (listener: (notice: LifecycleNotice) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    tell: (kind: LifecycleNotice['kind'], deviceId: string) => {
      for (const listener of listeners) listener({ kind, deviceId, at: new Date('2026-11-03T10:20:30.456Z') });
    },
  };
};
