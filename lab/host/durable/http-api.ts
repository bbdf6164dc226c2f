import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { keyMatches } from '../keys.js';
import type { RequestHandler } from '../trigger.js';
import { readBody } from '../triggers/http-message.js';
import { isOver, type Message } from './contract.js';
import { idProblem } from './instance-id.js';
import { isWanted, statusOf } from './status.js';
import type { TaskHub } from './task-hub.js';

interface HttpApiOptions {
  hub: TaskHub;
  /** Below which it answers, with a slash at the end. */
  base: string;
  /** The system key that `code` must carry; undefined: none, as on the loopback address of the library. */
  key: string | undefined;
  isOrchestrator: (name: string) => boolean;
}

interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

const noInstance = (id: string): Answer => ({ status: 404, body: `No instance with ID '${id}' found.` });

/** The HTTP API of the extension, for durable-functions' client (rpcBaseUrl) and for the management URLs. */
export function createHttpApi({ hub, base, key, isOrchestrator }: HttpApiOptions): RequestHandler {
  const start = async (name: string, wanted: string | undefined, body: string): Promise<Answer> => {
    const problem = wanted === undefined ? undefined : idProblem(wanted);
    if (problem !== undefined) return { status: 400, body: { Message: problem } };
    if (!isOrchestrator(name)) {
      const message = `The function '${name}' doesn't exist, is disabled, or is not an orchestrator function.`;
      return { status: 400, body: { Message: message } };
    }
    const instanceId = wanted ?? randomUUID().replaceAll('-', '');
    const input = body === '' ? undefined : JSON.stringify(JSON.parse(body));
    if (await hub.create({ instanceId, name, input })) return { status: 202, body: { id: instanceId } };
    const there = await hub.read(instanceId);
    const message = `An Orchestration instance with the status ${there?.status ?? 'Pending'} already exists.`;
    return { status: 409, body: { Message: message } };
  };

  const status = async (instanceId: string, query: URLSearchParams): Promise<Answer> => {
    const state = await hub.read(instanceId);
    if (state === undefined) return noInstance(instanceId);
    const body = statusOf(state, shown(query));
    return { status: isOver(state) ? 200 : 202, body };
  };

  const list = async (query: URLSearchParams): Promise<Answer> => {
    const wanted = (await hub.list()).filter((state) => isWanted(state, query));
    return { status: 200, body: wanted.map((state) => statusOf(state, shown(query))) };
  };

  const tell = async (
    instanceId: string,
    verb: string,
    eventName: string,
    { reason, body }: { reason: string; body: string },
  ): Promise<Answer | undefined> => {
    const id = randomUUID();
    const message: Message | undefined =
      verb === 'raiseEvent'
        ? {
            id,
            instanceId,
            kind: 'event',
            name: eventName,
            input: body === '' ? 'null' : JSON.stringify(JSON.parse(body)),
          }
        : verb === 'terminate' || verb === 'suspend' || verb === 'resume'
          ? { id, instanceId, kind: verb, reason }
          : undefined;
    if (message === undefined) return undefined;
    const state = await hub.read(instanceId);
    if (state === undefined) return noInstance(instanceId);
    if (isOver(state)) return { status: 410 };
    await hub.deliver(message);
    return { status: 202 };
  };

  const purge = async (ids: readonly string[]): Promise<Answer> => {
    let instancesDeleted = 0;
    for (const id of ids) if (await hub.purge(id)) instancesDeleted += 1;
    return { status: instancesDeleted > 0 ? 200 : 404, body: { instancesDeleted } };
  };

  const purgeWanted = async (query: URLSearchParams): Promise<Answer> => {
    const wanted = (await hub.list()).filter((state) => isWanted(state, query));
    return purge(wanted.map(({ instanceId }) => instanceId));
  };

  const route = async (request: IncomingMessage, url: URL): Promise<Answer> => {
    const { searchParams: query } = url;
    const [room, first, second, third, ...more] = url.pathname.slice(base.length).split('/').map(decodeURIComponent);
    const body = (await readBody(request)).toString('utf8');
    const { method } = request;
    const unknown: Answer = { status: 404 };
    if (room === 'entities') return { status: 501, body: 'Entities need the real host (func host start).' };
    if (room === 'orchestrators' && method === 'POST' && first !== undefined && third === undefined) {
      return start(first, second, body);
    }
    if (room !== 'instances' || more.length > 0) return unknown;
    if (first === undefined || first === '') {
      return method === 'GET' ? list(query) : method === 'DELETE' ? purgeWanted(query) : unknown;
    }
    if (second === undefined) {
      return method === 'GET' ? status(first, query) : method === 'DELETE' ? purge([first]) : unknown;
    }
    const reason = query.get('reason') ?? '';
    const told = method === 'POST' ? await tell(first, second, third ?? '', { reason, body }) : undefined;
    return told ?? { status: 501, body: `'${second}' needs the real host (func host start).` };
  };

  return async (request: IncomingMessage, url: URL, response: ServerResponse) => {
    if (!url.pathname.startsWith(base)) return false;
    if (key !== undefined && !keyMatches(url.searchParams.get('code') ?? undefined, [key])) {
      response.writeHead(401).end();
      return true;
    }
    let answer: Answer;
    try {
      answer = await route(request, url);
    } catch (error) {
      if (!(error instanceof SyntaxError || error instanceof URIError)) throw error;
      answer = { status: 400, body: { Message: 'The body is not JSON, or the path is not valid.' } };
    }
    response.writeHead(answer.status, { 'content-type': 'application/json; charset=utf-8', ...answer.headers });
    response.end(answer.body === undefined ? undefined : JSON.stringify(answer.body));
    return true;
  };
}

function shown(query: URLSearchParams): { showInput: boolean; showHistory: boolean } {
  return { showInput: query.get('showInput') !== 'false', showHistory: query.get('showHistory') === 'true' };
}
