import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a handler of a fixture app saw. */
interface Observation {
  kind: string;
  input: unknown;
  invocationId: string;
  functionName: string;
  triggerMetadata?: Record<string, unknown>;
  retryContext?: { retryCount: number; maxRetryCount: number; exception?: { message?: string } };
  [more: string]: unknown;
}

type Reply = { fail?: boolean };
type Matcher = (seen: Observation) => boolean;

export interface Observer {
  readonly url: string;
  readonly seen: readonly Observation[];
  /** What handlers are told from now on; a promise keeps them waiting. */
  reply: (seen: Observation) => Reply | Promise<Reply>;
  /** The first observation, from the beginning on, that matches. Rejects after `limitInMs` (20000). */
  find(matches: Matcher, limitInMs?: number): Promise<Observation>;
  /** Resolves when `count` observations match. */
  count(matches: Matcher, count: number, limitInMs?: number): Promise<Observation[]>;
  clear(): void;
  close(): Promise<void>;
}

/** A loopback server to which handlers tell what they saw: works in this process and across processes. */
export async function startObserver(): Promise<Observer> {
  let seen: Observation[] = [];
  const waiting = new Set<() => void>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = JSON.parse(Buffer.concat(chunks).toString()) as Observation;
      seen.push(one);
      for (const look of waiting) look();
      void Promise.resolve(observer.reply(one)).then((reply) => response.end(JSON.stringify(reply)));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const count = (matches: Matcher, wanted: number, limitInMs = 20_000): Promise<Observation[]> =>
    new Promise((resolve, reject) => {
      const finish = (act: () => void): void => {
        clearTimeout(timer);
        waiting.delete(look);
        act();
      };
      const look = (): void => {
        const found = seen.filter(matches);
        if (found.length >= wanted) finish(() => resolve(found));
      };
      const timer = setTimeout(
        () => finish(() => reject(new Error(`only ${seen.filter(matches).length} of ${wanted} observations came`))),
        limitInMs,
      );
      waiting.add(look);
      look();
    });
  const observer: Observer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    get seen() {
      return seen;
    },
    reply: () => ({}),
    count,
    find: async (matches, limitInMs) => (await count(matches, 1, limitInMs))[0]!,
    clear: () => {
      seen = [];
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return observer;
}
