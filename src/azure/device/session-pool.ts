import { LRUCache } from 'lru-cache';
import pLimit from 'p-limit';
import type { DeviceSession } from './device-session.js';

export interface SessionPool<Session extends DeviceSession> {
  /** Runs `task` on the session of this name, opened if there is none; tasks of one name run one after another. */
  use<T>(name: string, open: () => Promise<Session>, task: (session: Session) => Promise<T>): Promise<T>;
  /** A session of this name is open now, or is being closed: the hub may show it still. */
  has(name: string): boolean;
  /** Waits for the tasks under way and closes everything. */
  close(): Promise<void>;
}

/** At most `maxOpen` sessions, the ones in use included; those that nobody wants for `idleInMs` are closed. */
export const createSessionPool = <Session extends DeviceSession = DeviceSession>(options: {
  maxOpen: number;
  idleInMs: number;
}): SessionPool<Session> => {
  const { maxOpen, idleInMs } = options;
  const limit = pLimit(maxOpen);
  const turns = new Map<string, Promise<unknown>>();
  const closing = new Map<Promise<void>, string>();
  /** Sessions in use, by name. */
  const used = new Map<string, Session>();
  let inUse = 0;
  let closed = false;

  const closeSession = (name: string, session: Session): Promise<void> => {
    const done = session.close().finally(() => closing.delete(done));
    closing.set(done, name);
    return done;
  };
  const idle = new LRUCache<string, Session>({
    max: maxOpen,
    ttl: idleInMs,
    ttlAutopurge: true,
    dispose: (session, name, reason) => {
      // `delete` is a session taken into use.
      if (reason !== 'delete') {
        void closeSession(name, session);
      }
    },
  });

  const take = async (name: string, open: () => Promise<Session>): Promise<Session> => {
    const kept = idle.get(name);
    if (kept !== undefined) {
      idle.delete(name);
      if (kept.isUsable()) {
        return kept;
      }
      await closeSession(name, kept);
    }
    while (inUse + idle.size > maxOpen) {
      idle.pop();
    }
    // What is being closed may be this very identity, or still count for the hub.
    await Promise.all(closing.keys());
    return open();
  };

  const run = async <T>(name: string, open: () => Promise<Session>, task: (s: Session) => Promise<T>) => {
    inUse += 1;
    let session: Session | undefined;
    try {
      session = await take(name, open);
      used.set(name, session);
      return await task(session);
    } finally {
      inUse -= 1;
      used.delete(name);
      if (session !== undefined && !closed && session.isUsable()) {
        idle.set(name, session);
      } else if (session !== undefined) {
        await closeSession(name, session);
      }
    }
  };

  return {
    use: async (name, open, task) => {
      const takeTurn = () => limit(() => run(name, open, task));
      // The one before has told its own caller how it ended.
      const turn = (turns.get(name) ?? Promise.resolve()).then(takeTurn, takeTurn);
      turns.set(name, turn);
      try {
        return await turn;
      } finally {
        if (turns.get(name) === turn) {
          turns.delete(name);
        }
      }
    },
    has: (name) => ((used.get(name) ?? idle.peek(name))?.isUsable() ?? false) || [...closing.values()].includes(name),
    close: async () => {
      closed = true;
      while (idle.size > 0) {
        idle.pop();
      }
      await Promise.allSettled(turns.values());
      await Promise.all(closing.keys());
    },
  };
};
