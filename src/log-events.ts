/** Logs are events with an id and fields. Fields never hold keys, tokens or twin contents. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Record<string, string | number | boolean | undefined>;

export interface Logger {
  event(level: LogLevel, id: LogEventId, fields?: LogFields): void;
}

/** The closed list of event ids: what an operator can search for. */
export type LogEventId =
  | 'identity.synced' // outcome, hub, deviceId, moduleId
  | 'identity.notNow' // put back on the queue; reason, attempt
  | 'identity.refused' // a refusal that no repetition mends; reason
  | 'hint.skipped' // an event that asks for nothing; reason
  | 'twin.batch' // a batch was processed; counts
  | 'twin.held' // the partition waits; reason
  | 'twin.dirty' // an id was marked for repair by state; reason
  | 'twin.resyncRequired' // held longer than HOLD_LIMIT_SECONDS
  | 'event.parked' // original bytes kept; reason, blob
  | 'reported.notWritable'
  | 'routing.created'
  | 'routing.changed'
  | 'routing.unreadable'
  | 'routing.conflict'
  | 'hub.retry'
  | 'pace.reduced' // a hub answered 429 and is called more slowly for a while; lane, perSecond
  | 'process.stoodStill' // this process did not run for a while; writers hold until the host knows what it has lost
  | 'defect';
