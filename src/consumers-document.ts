/**
 * What `GET /api/consumers/{hub}` answers and `POST /api/consumers/{hub}/progress` takes: the contract between the app, which watches
 * a hub, and the processes that read its telemetry. docs/consumers.md tells it to consumers in other languages.
 */
import { z } from 'zod';

/** The stages of a consumer failover. Allowed transitions are data: src/failover/stages.ts. */
export const failoverStages = [
  'steady',
  'failoverStarted',
  'endpointChanged',
  'failoverEnded',
  'verified',
  'unverified',
] as const;
export type FailoverStage = (typeof failoverStages)[number];

const utcTime = z.iso.datetime();

const endpointSchema = z.object({
  /** Fully qualified: `iothub-ns-....servicebus.windows.net` */
  hostName: z.string().min(1),
  /** The Event Hub-compatible name. */
  eventHubName: z.string().min(1),
});
export type EventHubEndpoint = z.infer<typeof endpointSchema>;

const generationSchema = z.object({
  /** From 1; grows by one with each new endpoint, also when it is one that was seen before. */
  number: z.number().int().min(1),
  endpoint: endpointSchema,
  /** `draining`: read to its end, then stop; `stopped`: nobody reads it any more. */
  state: z.enum(['running', 'draining', 'stopped']),
  /** The namespace was the endpoint of an earlier generation: start by enqueued time, never from an old checkpoint. */
  seenBefore: z.boolean(),
  startedAt: utcTime,
  /** Draining ends here at the latest. */
  drainUntil: utcTime.optional(),
  /** Consumers told of an event that they processed from this generation: the first one's time. */
  firstEventAt: utcTime.optional(),
  lastEventAt: utcTime.optional(),
});
export type Generation = z.infer<typeof generationSchema>;

const positionSchema = z.object({
  partitionId: z.string().min(1).max(16),
  /** Of the last event that was processed; -1 where no event ever was. */
  sequenceNumber: z.int().min(-1),
  enqueuedAt: utcTime,
  /** Events that the endpoint holds behind this position; absent when the endpoint did not tell. */
  lag: z.number().int().min(0).optional(),
});
export type ConsumerPosition = z.infer<typeof positionSchema>;

/** Measured times of one failover, in milliseconds; absent while not known. */
const failoverRecordSchema = z.object({
  startedAt: utcTime,
  endedAt: utcTime.optional(),
  /** `noFailover`: the hub was Active again with the same endpoint. */
  outcome: z.enum(['verified', 'unverified', 'aborted', 'noFailover', 'underWay']),
  fromGeneration: z.number().int().min(1),
  toGeneration: z.number().int().min(1).optional(),
  /** Last round that saw the hub steady -> the round that saw it changing: the failover began in between. */
  detectionInMs: z.number().min(0).optional(),
  /** First sign -> the new generation was told. */
  switchInMs: z.number().min(0).optional(),
  /** Last event of the old generation -> first event of the new one, by enqueued time. */
  dataGapInMs: z.number().min(0).optional(),
  /** As consumers told: events processed more than once. Absent: nobody told. */
  duplicates: z.number().int().min(0).optional(),
  /** Events that were left unread on the old endpoint when it went, as far as its last known lag tells. */
  leftUnread: z.number().int().min(0).optional(),
  stages: z.array(z.object({ stage: z.enum(failoverStages), at: utcTime, reason: z.string() })),
});
export type FailoverRecord = z.infer<typeof failoverRecordSchema>;

/** The answer to GET. It never holds a key: consumers have their own, which a failover does not change. */
export const consumersDocumentSchema = z.object({
  schemaVersion: z.literal(1),
  /** First label of the hub's host name. */
  hub: z.string().min(1),
  /** Grows with each change of stage, generations or endpoint; a reader refuses a lower one. */
  revision: z.number().int().min(1),
  stage: z.enum(failoverStages),
  since: utcTime,
  /** One sentence. */
  reason: z.string(),
  paused: z.boolean(),
  /** Oldest first. At least one; those that stopped long ago are dropped. */
  generations: z.array(generationSchema).min(1),
  /** By consumer and generation, as told by progress. */
  positions: z.array(
    z.object({ consumer: z.string(), generation: z.number().int().min(1), partitions: z.array(positionSchema) }),
  ),
  /** The last ones, newest first. */
  history: z.array(failoverRecordSchema),
  /** When the watch last looked. Much older than its interval: nobody watches. */
  lookedAt: utcTime.optional(),
  /** When ARM last answered it; what it shows is known since then only. */
  armReadAt: utcTime.optional(),
  /** Which source told nothing when the watch last looked, with the code of the error; `noEndpoint`, `noState`: ARM answers without them. The redirect is asked only where ARM tells too little. */
  noNews: z.object({ arm: z.string().optional(), redirect: z.string().optional() }).optional(),
  /** `stale`: the configured key of the built-in endpoint is no policy's any more; consumers could not read a new endpoint with it. */
  keyState: z.enum(['valid', 'stale', 'unknown']).optional(),
  /** Consumer groups of the setting that the newest endpoint lacks, as far as known. */
  lacksConsumerGroups: z.array(z.string()).optional(),
});
export type ConsumersDocument = z.infer<typeof consumersDocumentSchema>;

/** The body of POST progress: what one consumer (a name for all its processes) has processed and checkpointed or handled. */
export const progressSchema = z.object({
  consumer: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'letters, digits, point, dash and underscore, at most 64'),
  generation: z.number().int().min(1),
  partitions: z.array(positionSchema).min(1).max(64),
  /** Enqueued time of the first event that this process handled of this generation, and when it did. */
  first: z.object({ enqueuedAt: utcTime, handledAt: utcTime }).optional(),
  /** Events that this process knows to have handled again, since it started. */
  duplicates: z.number().int().min(0).optional(),
  /** Tells processes of one consumer apart, so that their duplicates add up. Default: one process. */
  process: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/)
    .optional(),
});
export type Progress = z.infer<typeof progressSchema>;
