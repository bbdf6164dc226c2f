import type { Clock } from '../../../src/clock.js';
import type { LogEventId, LogFields, Logger, LogLevel } from '../../../src/log-events.js';

/** A clock that stands still until it is moved. */
export function aClock(start = '2026-01-01T00:00:00.000Z'): Clock & { advance(ms: number): void } {
  let elapsed = 0;
  const origin = Date.parse(start);
  return {
    now: () => new Date(origin + elapsed),
    monotonicInMs: () => elapsed,
    sleep: async (ms) => void (elapsed += ms),
    advance: (ms) => void (elapsed += ms),
  };
}

export interface LoggedEvent {
  level: LogLevel;
  id: LogEventId;
  fields: LogFields;
}

export function aLogger(): Logger & { events: LoggedEvent[] } {
  const events: LoggedEvent[] = [];
  return { events, event: (level, id, fields = {}) => void events.push({ level, id, fields }) };
}
