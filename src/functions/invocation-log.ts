import { AsyncLocalStorage } from 'node:async_hooks';
import type { InvocationContext } from '@azure/functions';
import { isAppError } from '../errors.js';
import { defectFields, type LogFields, type Logger, type LogLevel } from '../log-events.js';

type Log = Pick<InvocationContext, 'debug' | 'info' | 'warn' | 'error'>;

/** `isOver`: a shared read that this invocation began may go on after it, and must not log to it then. */
const invocation = new AsyncLocalStorage<{ log: Log; isOver: boolean }>();

/**
 * Runs an invocation so that the log events of the rooms, which know of no trigger, are written as that invocation's own. What
 * it rejects with is logged when it is a defect: the host would tell its message only, which may quote anything.
 */
export function runWithLog<T>(context: InvocationContext, work: () => Promise<T>): Promise<T> {
  const current = { log: context, isOver: false };
  return invocation.run(current, async () => {
    try {
      return await work();
    } catch (error) {
      if (!isAppError(error)) context.error(toText('defect', defectFields(error)));
      throw error;
    } finally {
      current.isOver = true;
    }
  });
}

const toText = (id: string, fields: LogFields) => `${id} ${JSON.stringify(fields)}`;

/** Writes to the running invocation's log; outside of one (a shared read, a closing connection) to `fallback`. */
export function createInvocationLogger(fallback: (level: LogLevel, text: string) => void): Logger {
  return {
    event(level, id, fields = {}) {
      const text = toText(id, fields);
      const current = invocation.getStore();
      if (current && !current.isOver) current.log[level](text);
      else fallback(level, text);
    },
  };
}
