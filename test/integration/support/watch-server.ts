import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { ConsumersDocument, EventHubEndpoint, Progress } from '../../../src/consumers-document.js';
import { progressSchema } from '../../../src/consumers-document.js';

/** Answers for an app that watches one hub. */
export interface WatchServer extends AsyncDisposable {
  readonly url: string;
  readonly told: Progress[];
  /** The hub has this endpoint now: a new generation; the one before is read to its end. */
  moveTo(endpoint: EventHubEndpoint): void;
  setStage(stage: ConsumersDocument['stage']): void;
}

export async function startWatchServer(hub: string, endpoint: EventHubEndpoint): Promise<WatchServer> {
  const told: Progress[] = [];
  const since = new Date().toISOString();
  const generation = (number: number, at: EventHubEndpoint): ConsumersDocument['generations'][number] => ({
    number,
    endpoint: { hostName: at.hostName, eventHubName: at.eventHubName },
    state: 'running',
    seenBefore: false,
    startedAt: new Date().toISOString(),
  });
  let document: ConsumersDocument = {
    schemaVersion: 1,
    hub,
    revision: 1,
    stage: 'steady',
    since,
    reason: 'test',
    paused: false,
    generations: [generation(1, endpoint)],
    positions: [],
    history: [],
  };
  const server = createServer((request, response) => {
    void (async () => {
      const { pathname } = new URL(request.url ?? '/', 'http://localhost');
      if (request.headers['x-functions-key'] !== 'key') response.writeHead(401).end();
      else if (request.method === 'POST' && request.headers['x-progress-key'] === undefined)
        response.writeHead(401).end();
      else if (request.method === 'POST' && pathname === `/api/consumers/${hub}/progress`) {
        told.push(progressSchema.parse(await json(request)));
        response.writeHead(204).end();
      } else if (pathname === `/api/consumers/${hub}`)
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document));
      else response.writeHead(404).end();
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const change = (next: Partial<ConsumersDocument>): void => {
    document = { ...document, ...next, revision: document.revision + 1 };
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    told,
    moveTo: (at) => {
      const drainUntil = new Date(Date.now() + 600_000).toISOString();
      const before = document.generations.map((one) => ({ ...one, state: 'draining' as const, drainUntil }));
      change({
        stage: 'endpointChanged',
        generations: [...before, generation(document.generations.length + 1, at)],
      });
    },
    setStage: (stage) => change({ stage }),
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
