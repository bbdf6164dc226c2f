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
  | 'breaker.opened' // nothing is taken away on the standby any more; hub, reason
  | 'breaker.closed' // by an operator; count, allow
  | 'identity.deleteConfirmed' // an operator gave a copy up; deviceId, outcome
  | 'repair.swept' // dirty marks whose message was missing got one; hub, count
  | 'ledger.purged' // rows of identities that ended long ago were deleted; count
  | 'identity.kept' // a copy is left as it is, since somebody else wrote it or lives there; reason
  | 'hint.skipped' // an event that asks for nothing; reason
  | 'twin.batch' // a batch was processed; counts
  | 'twin.held' // the partition waits; reason
  | 'twin.dirty' // an id was marked for repair by state; reason
  | 'twin.resyncRequired' // held longer than HOLD_LIMIT_SECONDS
  | 'event.parked' // original bytes kept; reason, blob
  | 'reported.notWritable'
  | 'reported.homeElsewhere' // the device itself lives on the target: nothing was written as it
  | 'reported.kept' // properties that the source does not have, and that somebody else may have reported, were left
  | 'routing.created' // a store got its first document
  | 'routing.completed' // a store with an older document got the newer one
  | 'routing.changed' // another document is in force, or known
  | 'routing.unreadable'
  | 'routing.noMajority' // too few stores hold the highest document; holders, needed
  | 'routing.conflict' // documents contradict each other, one is older than one seen, or far too high; reason
  | 'routing.invalid' // a document is not valid; store, and the fields with what is allowed
  | 'routing.hubsDiffer' // the document's hubs are not those of the settings
  | 'routing.byHand' // an operator's first document; the refusal, or activeHub and epoch
  | 'routing.notMade' // there is no document, and it is not made by itself; sign
  | 'route.status' // how a hub sees its route to the twin changes' event hub; endpoint, status
  | 'route.mayHaveLost' // the hub has given up messages of such a route; endpoint, from
  | 'route.lossSeen' // an operator has seen to it; endpoint
  | 'route.unreadable' // ARM does not tell how a hub's routes are; hub, code
  | 'health.unreadable' // a stored figure could not be read
  | 'functions.notRegistered' // settings that are not there; names
  | 'hub.retry'
  | 'hub.notSupported' // a hub that can't be mirrored: its tier; reason
  | 'pace.reduced' // a hub answered 429 and is called more slowly for a while; lane, perSecond
  | 'relay.started' // hub; the processor of this process
  | 'relay.stopped' // reason
  | 'relay.held' // a partition waits for the target; reason, attempts
  | 'relay.error' // of one partition's reading or of the processor; it goes on by itself
  | 'relay.unread' // a generation ended with messages that the relay has not read, and nobody will; hub, reason
  | 'relay.health' // figures of the plain process, now and then
  | 'process.stoodStill' // this process did not run for a while; writers hold until the host knows what it has lost
  | 'failover.stage' // a consumer failover entered a stage; hub, stage, reason, generation, revision
  | 'failover.noNews' // ARM or the redirect can't be read any more, or for another reason than before; source, code
  | 'failover.newsAgain' // ARM answers again
  | 'failover.command' // an operator's command; command, and the refusal if it was refused
  | 'failover.progressRefused' // a report that cannot be true, or of no generation; hub, consumer, generation, reason, partitionId
  | 'failover.keyStale' // the configured key of the built-in endpoint is no policy's any more: renew it before the next failover
  | 'failover.groupCreated' // a consumer group was made on the built-in endpoint
  | 'failover.upkeepFailed' // keys or consumer groups could not be looked after; tried again
  | 'failover.watchStarted'
  | 'failover.watchStale' // nothing has looked at the hub for a while; the keeper does
  | 'failover.watchTrouble' // the keeper itself failed
  | 'failover.engineAway' // Durable Functions can't be reached
  | 'failover.canaryFailed'
  | 'defect'; // an error of our own: its class and where it came from

/** What may be logged of an error that is not ours: its class and its stack's frames. The message may quote anything. */
export const defectFields = (error: unknown): LogFields =>
  error instanceof Error
    ? {
        error: error.name,
        at: (error.stack ?? '')
          .split('\n')
          .filter((line) => /^\s+at /.test(line))
          .slice(0, 8)
          .map((line) => line.trim())
          .join(' < '),
      }
    : { error: typeof error };
