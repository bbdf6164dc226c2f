import { AsyncLocalStorage } from 'node:async_hooks';
import type { InvocationContext } from '@azure/functions';
import type { LogFields, Logger, LogLevel } from '../log-events.js';

const invocation = new AsyncLocalStorage<Pick<InvocationContext, 'debug' | 'info' | 'warn' | 'error'>>();

/** Runs an invocation so that the log events of the rooms, which know of no trigger, are written as that invocation's own. */
export const runWithLog = <T>(context: InvocationContext, work: () => Promise<T>): Promise<T> =>
  invocation.run(context, work);

const toText = (id: string, fields: LogFields) => `${id} ${JSON.stringify(fields)}`;

/** Writes to the running invocation's log; outside of one (a shared read, a closing connection) to `fallback`. */
export function createInvocationLogger(fallback: (level: LogLevel, text: string) => void): Logger {
  return {
    event(level, id, fields = {}) {
      const text = toText(id, fields);
      const context = invocation.getStore();
      if (context) context[level](text);
      else fallback(level, text);
    },
  };
}
